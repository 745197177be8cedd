//! Says when the bundled styles, fonts and islands have changed.
//!
//! They are made by `npm run build` in `ui/`, which `./run` starts; nothing is made here, so that cargo
//! works without Node. The folder may be empty.

fn main() {
    println!("cargo::rerun-if-changed=ui/dist");
    println!("cargo::rerun-if-changed=build.rs");
}
