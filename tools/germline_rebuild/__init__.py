"""Rebuild the embedded germline reference from Python packages and fact tables.

Run from the root of the repository::

    python -m tools.germline_rebuild --wheels DIR --facts DIR --out clonotrack/germline/data

``--wheels`` is a folder with the wheels of abstar 0.8.0, tcrdist3 0.3 and mirpy-lib 4.7.0. ``--facts`` is a folder
with the tables that ``clonotrack/germline/PROVENANCE.md`` describes. The script accepts a sequence only if its md5 is
in these tables. It finds the CDR3 anchor of every V and J from the sequence, and compares this anchor with the listed
anchor. If a sequence or an anchor differs, the script writes nothing. Equal inputs give files with equal bytes.
"""
