//! Faults of the network: slow, cut and refused connections, whatever is spoken over them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::scene::runtime::runtime;

/// What happens on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireFault {
    /// Every byte arrives this much later, in both directions; the rate is not limited.
    Latency(Duration),
    /// The connection of this number, counted from 1, is closed when it has been made.
    Drop(usize),
    /// Every connection is closed after so many bytes from the server.
    CutAfter(usize),
}

/// A proxy for plain bytes, until it is dropped.
pub struct Wire {
    address: SocketAddr,
    target: SocketAddr,
    faults: Arc<Mutex<Vec<WireFault>>>,
    connections: Arc<AtomicUsize>,
    /// Aborts the task, and with it every connection, when the proxy goes.
    tasks: Option<JoinSet<()>>,
}

impl Wire {
    /// Stands before the server at `target`, an address as `127.0.0.1:PORT`, and does nothing bad yet.
    pub fn before(target: &str) -> Self {
        let target: SocketAddr = target
            .parse()
            .unwrap_or_else(|error| panic!("`{target}`: {error}"));
        let faults: Arc<Mutex<Vec<WireFault>>> = Arc::default();
        let connections = Arc::<AtomicUsize>::default();
        let listener = runtime()
            .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        let mut wire = Self {
            address,
            target,
            faults,
            connections,
            tasks: None,
        };
        wire.listen(listener);
        wire
    }

    fn listen(&mut self, listener: TcpListener) {
        let mut tasks = JoinSet::new();
        let (faults, connections) = (Arc::clone(&self.faults), Arc::clone(&self.connections));
        tasks.spawn_on(
            accept(listener, self.target, faults, connections),
            runtime().handle(),
        );
        self.tasks = Some(tasks);
    }

    /// Adds a fault, for connections made from now on.
    #[must_use]
    pub fn with(self, fault: WireFault) -> Self {
        self.faults.lock().expect("no holder panics").push(fault);
        self
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Returns how many connections were made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Cuts every connection and refuses new ones.
    pub fn refuse(&mut self) {
        if let Some(mut tasks) = self.tasks.take() {
            runtime().block_on(tasks.shutdown());
        }
    }

    /// Takes connections again, at the same address.
    pub fn accept_again(&mut self) {
        let listener = runtime()
            .block_on(TcpListener::bind(self.address))
            .unwrap_or_else(|error| panic!("{} is taken: {error}", self.address));
        self.listen(listener);
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    faults: Arc<Mutex<Vec<WireFault>>>,
    connections: Arc<AtomicUsize>,
) {
    // Connections end with this set, and this set with the task.
    let mut running = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        let number = connections.fetch_add(1, Ordering::Relaxed) + 1;
        let faults = faults.lock().expect("no holder panics").clone();
        if faults.contains(&WireFault::Drop(number)) {
            continue;
        }
        running.spawn(carry(client, target, faults));
        while running.try_join_next().is_some() {}
    }
}

async fn carry(client: TcpStream, target: SocketAddr, faults: Vec<WireFault>) {
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    // Small packets must not be held back: the delay is to be ours alone.
    drop(
        client
            .set_nodelay(true)
            .and_then(|()| server.set_nodelay(true)),
    );
    let delay = faults.iter().find_map(|fault| {
        if let WireFault::Latency(delay) = fault {
            Some(*delay)
        } else {
            None
        }
    });
    let cut = faults.iter().find_map(|fault| {
        if let WireFault::CutAfter(bytes) = fault {
            Some(*bytes)
        } else {
            None
        }
    });
    let (delay, cut) = (delay.unwrap_or_default(), cut.unwrap_or(usize::MAX));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let up = pass(from_client, to_server, delay, usize::MAX);
    let down = pass(from_server, to_client, delay, cut);
    if cut == usize::MAX {
        tokio::join!(up, down);
    } else {
        tokio::select! { () = up => {}, () = down => {} }
    }
}

/// Copies bytes, each `delay` after it came: what comes at once also leaves at once, only later.
async fn pass(
    mut from: impl AsyncRead + Unpin + Send + 'static,
    mut to: impl AsyncWrite + Unpin,
    delay: Duration,
    mut left: usize,
) {
    let (send, mut receive) = mpsc::unbounded_channel();
    let reading = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            if send
                .send((Instant::now() + delay, buffer[..length].to_vec()))
                .is_err()
            {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((due, mut bytes)) = receive.recv().await {
            sleep_until(due).await;
            bytes.truncate(left);
            left -= bytes.len();
            if to.write_all(&bytes).await.is_err() || left == 0 {
                return;
            }
        }
        // The other side may still have something to say.
        drop(to.shutdown().await);
    };
    tokio::select! {
        () = writing => {}
        () = async { reading.await; std::future::pending().await } => {}
    }
}
