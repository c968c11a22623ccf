// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `traffic`: transfers with every byte compared, against the services of the emulated modem. Runs in the guest;
//! prints one line and exits 0 if all of it was right, 1 if not, 2 if it was called wrongly.
#![forbid(unsafe_code)]

mod cli;
mod tcp;
mod udp;

use std::io;
use std::process::ExitCode;
use std::time::Instant;

use cli::{Action, Options};

/// What one flow did.
struct Outcome {
    bytes: u64,
    note: String,
}

type Result = std::result::Result<Outcome, String>;

/// Calls again what a machine that fell asleep has interrupted: with a timeout, the kernel does not do so by itself.
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = match cli::parse(&arguments) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("traffic: {error}\n{}", cli::USAGE);
            return ExitCode::from(2);
        }
    };
    let name = &arguments[0];
    let start = Instant::now();
    let results: Vec<Result> = std::thread::scope(|scope| {
        let flows: Vec<_> = (0..options.flows)
            .map(|flow| {
                let options = &options;
                scope.spawn(move || run(options, u64::from(flow)))
            })
            .collect();
        let failed = |_| Err("the flow's thread failed".to_owned());
        flows
            .into_iter()
            .map(|flow| flow.join().unwrap_or_else(failed))
            .collect()
    });

    let seconds = start.elapsed().as_secs_f64();
    let flows = options.flows;
    let bytes: u64 = results.iter().flatten().map(|outcome| outcome.bytes).sum();
    let errors: Vec<_> = results
        .iter()
        .filter_map(|result| result.as_ref().err())
        .collect();
    let mut notes: Vec<_> = results
        .iter()
        .flatten()
        .map(|outcome| outcome.note.as_str())
        .collect();
    notes.retain(|note| !note.is_empty());
    if let Some(error) = errors.first() {
        println!(
            "{name}: FAILED {bytes} bytes {flows} flows {} failed: {error}",
            errors.len()
        );
        return ExitCode::from(1);
    }
    let rate = bytes as f64 / 1e6 / seconds.max(1e-6);
    println!(
        "{name}: ok {bytes} bytes {flows} flows {seconds:.2} s {rate:.2} MB/s {}",
        notes.join("; ")
    );
    ExitCode::SUCCESS
}

fn run(options: &Options, flow: u64) -> Result {
    let link = &options.link;
    match options.action {
        Action::TcpGet { seed, bytes } => tcp::get(link, seed + flow, bytes),
        Action::TcpPut { seed, bytes } => tcp::put(link, seed + flow, bytes),
        Action::TcpEcho { seed, bytes } => tcp::echo(link, seed + flow, bytes),
        Action::UdpGet(stream) => udp::get(link, stream.flow(flow)),
        Action::UdpPut(stream) => udp::put(link, stream.flow(flow)),
        Action::UdpEcho(stream) => udp::echo(link, stream.flow(flow)),
        Action::UdpReceive(stream) => udp::receive(link, stream.flow(flow)),
        Action::Dns { ref name } => udp::dns(link, name),
    }
}
