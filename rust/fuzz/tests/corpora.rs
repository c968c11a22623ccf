// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Replays every committed input without libFuzzer: the seeds, and the bytes of every bug that fuzzing found.
#![allow(missing_docs)]

use std::fs;
use std::path::Path;

#[test]
fn committed_inputs_hold_the_properties() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in fuzz::TARGETS {
        let inputs: Vec<_> = fs::read_dir(corpus.join(name)).unwrap().collect();
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for input in inputs {
            let path = input.unwrap().path();
            println!("{}", path.display());
            target(&fs::read(&path).unwrap());
        }
    }
}
