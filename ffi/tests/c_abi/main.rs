//! libplasmid as C and C++ programs meet it: the headers, the symbols, the installed files, and
//! programs built against them by the compilers of the machine.

mod header;
mod install;
mod programs;
mod symbols;
mod toolchain;
mod transcripts;
mod vectors;
