// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! TCP transfers.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use socket2::{Domain, Protocol, Socket, Type};
use traffic::pattern;

use crate::cli::Link;
use crate::{uninterrupted, Outcome, Result};

const CHUNK: usize = 64 * 1024;

/// Asks for `bytes` of the pattern and compares them.
pub fn get(link: &Link, seed: u64, bytes: u64) -> Result {
    let mut stream = connect(link)?;
    request(&mut stream, seed, bytes)?;
    receive(&mut stream, seed, bytes)?;
    match uninterrupted(|| stream.read(&mut [0; 1])) {
        Ok(0) => Ok(Outcome {
            bytes,
            note: String::new(),
        }),
        Ok(_) => Err(format!("more than {bytes} bytes came")),
        Err(error) => Err(format!("after {bytes} bytes: {error}")),
    }
}

/// Sends `bytes` of the pattern and reads the verdict of the sink.
pub fn put(link: &Link, seed: u64, bytes: u64) -> Result {
    let mut stream = connect(link)?;
    request(&mut stream, seed, bytes)?;
    let mut verdict = String::new();
    if let Err(error) = send(&mut stream, seed, bytes) {
        // The sink may have said before that something was wrong: that weighs more, and is not waited for.
        let _ = stream.set_nonblocking(true);
        let _ = stream.read_to_string(&mut verdict);
        return Err(format!("{error}, verdict {verdict:?}"));
    }
    stream
        .read_to_string(&mut verdict)
        .map_err(|error| format!("no verdict: {error}"))?;
    if verdict == format!("ok {bytes}\n") {
        Ok(Outcome {
            bytes,
            note: String::new(),
        })
    } else {
        Err(format!("verdict {verdict:?} for {bytes} bytes"))
    }
}

/// Sends and receives at the same time.
pub fn echo(link: &Link, seed: u64, bytes: u64) -> Result {
    let mut stream = connect(link)?;
    let mut sender = stream.try_clone().map_err(|error| error.to_string())?;
    std::thread::scope(|scope| {
        let sent = scope.spawn(move || {
            send(&mut sender, seed, bytes)?;
            sender
                .shutdown(Shutdown::Write)
                .map_err(|error| error.to_string())
        });
        let received = receive(&mut stream, seed, bytes);
        if received.is_err() {
            // Wakes the sender; the first error is the one to tell.
            let _ = stream.shutdown(Shutdown::Both);
        }
        let sent = sent
            .join()
            .unwrap_or_else(|_| Err("the sender failed".to_owned()));
        received.and(sent).map(|()| Outcome {
            bytes: 2 * bytes,
            note: String::new(),
        })
    })
}

fn connect(link: &Link) -> std::result::Result<TcpStream, String> {
    let open = || {
        let socket = Socket::new(
            Domain::for_address(link.peer),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        if let Some(device) = &link.device {
            socket.bind_device(Some(device.as_bytes()))?;
        }
        socket.connect_timeout(&link.peer.into(), link.timeout)?;
        socket.set_read_timeout(Some(link.timeout))?;
        socket.set_write_timeout(Some(link.timeout))?;
        Ok(socket.into())
    };
    open().map_err(|error: std::io::Error| format!("connect to {}: {error}", link.peer))
}

fn request(stream: &mut TcpStream, seed: u64, bytes: u64) -> std::result::Result<(), String> {
    let line = format!("{seed} {bytes}\n");
    stream
        .write_all(line.as_bytes())
        .map_err(|error| format!("request: {error}"))
}

fn send(stream: &mut TcpStream, seed: u64, bytes: u64) -> std::result::Result<(), String> {
    let mut buffer = vec![0; CHUNK];
    let mut sent = 0;
    while sent < bytes {
        let length = usize::try_from(bytes - sent).map_or(CHUNK, |left| left.min(CHUNK));
        pattern::fill(seed, sent, &mut buffer[..length]);
        let result = stream.write_all(&buffer[..length]);
        result.map_err(|error| format!("send after {sent} of {bytes} bytes: {error}"))?;
        sent += length as u64;
    }
    Ok(())
}

fn receive(stream: &mut TcpStream, seed: u64, bytes: u64) -> std::result::Result<(), String> {
    let mut buffer = vec![0; CHUNK];
    let mut got = 0;
    while got < bytes {
        let limit = usize::try_from(bytes - got).map_or(CHUNK, |left| left.min(CHUNK));
        let length = match uninterrupted(|| stream.read(&mut buffer[..limit])) {
            Ok(0) => return Err(format!("closed after {got} of {bytes} bytes")),
            Ok(length) => length,
            Err(error) => return Err(format!("receive after {got} of {bytes} bytes: {error}")),
        };
        pattern::verify(seed, got, &buffer[..length])
            .map_err(|offset| format!("wrong content at offset {offset}"))?;
        got += length as u64;
    }
    Ok(())
}
