"""Stage annotate: recognise V, D, J and junction of every sequence."""
