//! HTTP and HTTPS servers inside the test process.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::runtime::runtime;
use super::tls::Identity;

/// A server on a free port of loopback, until it is dropped.
pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves plain HTTP.
    pub fn http(router: Router) -> Self {
        Self::start(router, None)
    }

    /// Serves HTTPS where there is an identity, and HTTP where there is none.
    pub fn start(router: Router, identity: Option<&Identity>) -> Self {
        let tls = identity.map(|identity| TlsAcceptor::from(identity.server_config()));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (listener, address) = runtime().block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                .await
                .expect("loopback has free ports");
            let address = listener.local_addr().expect("it is bound");
            (Doors::open(listener, tls), address)
        });
        let service = router.into_make_service_with_connect_info::<Line>();
        let task = runtime().spawn(async move {
            // It never returns: accepting goes on until the task is aborted.
            drop(axum::serve(listener, service).await);
        });
        Self {
            address,
            scheme,
            task,
        }
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Returns `http://127.0.0.1:PORT`, or with `https`.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts connections and shakes hands aside, so that a slow or refused handshake holds nobody up.
struct Doors {
    ready: mpsc::Receiver<(Stream, SocketAddr)>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Doors {
    fn open(listener: TcpListener, tls: Option<TlsAcceptor>) -> Self {
        let (send, ready) = mpsc::channel(64);
        let address = listener.local_addr().expect("it is bound");
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((stream, peer)) = listener.accept().await else {
                    continue;
                };
                tokio::spawn(welcome(stream, peer, tls.clone(), send.clone()));
            }
        });
        Self {
            ready,
            address,
            accepting,
        }
    }
}

impl Drop for Doors {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn welcome(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    send: mpsc::Sender<(Stream, SocketAddr)>,
) {
    // Small answers would wait for the client's acknowledgement.
    drop(stream.set_nodelay(true));
    let transport: Pin<Box<dyn Transport>> = match tls {
        None => Box::pin(stream),
        // A client that does not trust us goes away in the handshake.
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => Box::pin(stream),
            Err(_) => return,
        },
    };
    let stream = Stream {
        transport,
        line: Line::default(),
    };
    // The server may have been dropped meanwhile.
    drop(send.send((stream, peer)).await);
}

impl Listener for Doors {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// What a connection runs over.
trait Transport: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Transport for T {}

/// A connection that a handler can cut; extract it as `ConnectInfo<Line>`.
#[derive(Clone, Default)]
pub struct Line {
    is_cut: Arc<AtomicBool>,
}

impl Line {
    /// Lets every further write fail: the client sees the connection close without an answer.
    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, Doors>> for Line {
    fn connect_info(stream: IncomingStream<'_, Doors>) -> Self {
        stream.io().line.clone()
    }
}

/// A connection, plain or not.
struct Stream {
    transport: Pin<Box<dyn Transport>>,
    line: Line,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.transport.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.line.is_cut.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        self.transport.as_mut().poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport.as_mut().poll_shutdown(context)
    }
}
