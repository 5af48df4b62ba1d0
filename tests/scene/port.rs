//! Free ports on loopback.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range that the kernel takes the ports of outgoing connections from.
const FIRST: u16 = 10_000;
const LAST: u16 = 32_000;

/// Returns a port that nobody listens on now and that this process gives out once.
///
/// Runs start at different places, so that two of them seldom choose the same; where they do,
/// [`super::process::with_ports`] starts again.
pub fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start =
        u16::try_from(std::process::id() * 97 % u32::from(LAST - FIRST)).expect("the rest fits");
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (start + step % (LAST - FIRST)) % (LAST - FIRST);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
