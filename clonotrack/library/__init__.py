"""What a library is: raw reads in, usable and counted reads out; tubes, their input and their calibrators."""
