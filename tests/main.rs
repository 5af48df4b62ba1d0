//! The one test binary: the program, driven as people drive it, against the real components.
