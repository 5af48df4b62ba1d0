//! The door of the double: accepts connections, with or without TLS, and can cut each of them.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What happens to a connection at its next write.
const GOES_ON: u8 = 0;
const IS_CLOSED: u8 = 1;
const IS_RESET: u8 = 2;

/// The switch by which a handler cuts its connection.
#[derive(Clone, Debug, Default)]
pub struct Switch(Arc<AtomicU8>);

impl Switch {
    /// Closes the connection before another byte is sent.
    pub fn close(&self) {
        self.0.store(IS_CLOSED, Ordering::SeqCst);
    }

    /// Resets the connection before another byte is sent.
    pub fn reset(&self) {
        self.0.store(IS_RESET, Ordering::SeqCst);
    }
}

/// One connection.
pub struct Wire {
    stream: Stream,
    switch: Switch,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// The listener of the double.
pub struct Door {
    accepted: mpsc::Receiver<(Stream, SocketAddr)>,
    address: SocketAddr,
}

/// How many of the next connections are reset as soon as they are accepted.
pub type Resets = Arc<AtomicUsize>;

impl Door {
    /// Opens the door on a listener. Its task ends with the door.
    pub fn open(
        listener: std::net::TcpListener,
        config: Option<Arc<ServerConfig>>,
        resets: Resets,
    ) -> Self {
        let address = listener.local_addr().expect("the listener is bound");
        let listener = TcpListener::from_std(listener).expect("the listener does not block");
        let (sender, accepted) = mpsc::channel(16);
        tokio::spawn(accept(
            listener,
            config.map(TlsAcceptor::from),
            resets,
            sender,
        ));
        Self { accepted, address }
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    resets: Resets,
    sender: mpsc::Sender<(Stream, SocketAddr)>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = sender.closed() => return,
        };
        let Ok((stream, address)) = accepted else {
            continue;
        };
        let one_less = |left: usize| left.checked_sub(1);
        if resets
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
            .is_ok()
        {
            // Without it the peer would see an orderly end.
            drop(stream.set_zero_linger());
            continue;
        }
        drop(stream.set_nodelay(true));
        let (tls, sender) = (tls.clone(), sender.clone());
        tokio::spawn(async move {
            let stream = match tls {
                None => Stream::Plain(stream),
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => Stream::Tls(Box::new(stream)),
                    // A client that does not trust us: the tests look at what it says of that.
                    Err(_) => return,
                },
            };
            // An error means that the double is gone.
            drop(sender.send((stream, address)).await);
        });
    }
}

impl Listener for Door {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        match self.accepted.recv().await {
            Some((stream, address)) => {
                let switch = Switch::default();
                (Wire { stream, switch }, address)
            }
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, Door>> for Switch {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().switch.clone()
    }
}

impl Wire {
    fn check(&self) -> io::Result<()> {
        match self.switch.0.load(Ordering::SeqCst) {
            GOES_ON => return Ok(()),
            IS_RESET => {
                let stream = match &self.stream {
                    Stream::Plain(stream) => stream,
                    Stream::Tls(stream) => stream.get_ref().0,
                };
                stream.set_zero_linger()?;
            }
            _ => {}
        }
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
