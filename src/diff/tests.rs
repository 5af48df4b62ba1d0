//! The report against what flux printed.
