"""Rebuild the embedded reference from pip packages and the fact tables (a maintainer's script).

    python -m clonotrack.germline.rebuild --wheels DIR --facts DIR --out clonotrack/germline/data

``--wheels`` holds the wheels of abstar 0.8.0, tcrdist3 0.3 and mirpy-lib 4.7.0, ``--facts`` the tables that
PROVENANCE.md describes. A sequence is taken when its md5 is on a list, and for no other reason; every anchor is
found from the sequence and has to equal the one listed. Nothing is written when anything disagrees. The output
is the same bytes every time.
"""
