//! The client of one cluster: HTTP/2 where the server speaks it, so that many requests share one connection.

use std::io::{self, Write as _};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper_rustls::{
    FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream,
};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use kube::client::retry::RetryPolicy;
use kube::client::{Body, ConfigExt as _};
use kube::config::Config;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::retry::RetryLayer;
use tower::util::{BoxCloneSyncService, service_fn};
use tower::{BoxError, ServiceBuilder, ServiceExt as _};
use url::form_urlencoded;

use super::error::Reason;

/// How long it may take to open a connection, TLS included, where the configuration does not say.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How often a connection that is in use, but silent, is asked whether the server is still there.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// How long the server may take to answer that question.
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(15);

/// How much of the answers may be under way before we have read it: lists are long.
const WINDOW: u32 = 8 << 20;

/// A connection without TLS to the server: directly, or through a proxy, to which there may be TLS.
type Plain = MaybeHttpsStream<TokioIo<TcpStream>>;

/// What opens such connections.
type Way = BoxCloneSyncService<Uri, Plain, BoxError>;

/// A connection that is being opened, with TLS where the server has it.
type Opening = BoxFuture<'static, Result<MaybeHttpsStream<Plain>, BoxError>>;

/// Makes a client for the cluster of a configuration; nothing is sent yet.
///
/// kube's own client speaks HTTP/1.1 only, where each request under way is a connection, and each connection a TLS
/// handshake. Authorization, impersonation and repeats are kube's.
pub(super) fn client(config: &Config) -> Result<kube::Client, Reason> {
    let connector = secured(config, way(config)?, Versions::OneAndTwo)?;
    let limit = config.connect_timeout.unwrap_or(CONNECT_LIMIT);
    let connector = service_fn(move |target| opened(connector.clone(), target, limit));
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .http2_keep_alive_interval(HEARTBEAT)
        .http2_keep_alive_timeout(HEARTBEAT_LIMIT)
        .http2_initial_stream_window_size(WINDOW)
        .http2_initial_connection_window_size(WINDOW);
    let client: Client<_, Body> = builder.build(connector);
    let compresses = !config.disable_compression;
    let service = ServiceBuilder::new()
        .map_response(inflated)
        .map_request(move |request| asking_for(request, compresses))
        .layer(config.base_uri_layer())
        .layer(RetryLayer::new(RetryPolicy::server_retry()))
        .option_layer(config.auth_layer().map_err(in_words)?)
        .layer(config.extra_headers_layer().map_err(in_words)?)
        .map_err(BoxError::from)
        .service(client);
    Ok(kube::Client::new(service, config.default_namespace.clone()))
}

/// Finds the way to the server: through the proxy, where there is one.
fn way(config: &Config) -> Result<Way, Reason> {
    let mut direct = HttpConnector::new();
    direct.enforce_http(false);
    direct.set_nodelay(true);
    let Some(proxy) = &config.proxy_url else {
        let way = direct.map_response(Plain::Http);
        return Ok(Way::new(way.map_err(Into::into)));
    };
    match proxy.scheme_str() {
        Some("socks5") => {
            let way = SocksV5::new(proxy.clone(), direct).map_response(Plain::Http);
            Ok(Way::new(way.map_err(Into::into)))
        }
        Some("http") => {
            let way = tunnel(proxy, direct)?.map_response(Plain::Http);
            Ok(Way::new(way.map_err(Into::into)))
        }
        Some("https") => {
            let way = tunnel(proxy, secured(config, direct, Versions::One)?)?;
            Ok(Way::new(way.map_err(Into::into)))
        }
        scheme => Err(Reason(format!(
            "there is no way through a proxy of the scheme `{}`",
            scheme.unwrap_or_default()
        ))),
    }
}

/// Which versions of HTTP are offered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Versions {
    One,
    OneAndTwo,
}

/// Returns the way through a proxy, with the credentials that its address names.
fn tunnel<C>(proxy: &Uri, connector: C) -> Result<Tunnel<C>, Reason> {
    let tunnel = Tunnel::new(proxy.clone(), connector);
    let Some(user) = proxy.authority().and_then(|authority| {
        let (user, _) = authority.as_str().rsplit_once('@')?;
        Some(STANDARD.encode(decoded(user)))
    }) else {
        return Ok(tunnel);
    };
    let value = HeaderValue::from_str(&format!("Basic {user}"));
    Ok(tunnel.with_auth(value.map_err(in_words)?))
}

/// Lays TLS over a way to the server.
fn secured<C>(
    config: &Config,
    connector: C,
    versions: Versions,
) -> Result<HttpsConnector<C>, Reason> {
    let tls = config.rustls_client_config().map_err(in_words)?;
    let mut builder = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http();
    if let Some(name) = &config.tls_server_name {
        let name = ServerName::try_from(name.clone()).map_err(in_words)?;
        builder = builder.with_server_name_resolver(FixedServerNameResolver::new(name));
    }
    let builder = builder.enable_http1();
    Ok(match versions {
        Versions::One => builder.wrap_connector(connector),
        Versions::OneAndTwo => builder.enable_http2().wrap_connector(connector),
    })
}

/// Opens a connection, or fails in time.
fn opened(connector: HttpsConnector<Way>, target: Uri, limit: Duration) -> Opening {
    let opening: Opening = connector.oneshot(target).boxed();
    Box::pin(async move {
        let opening = timeout(limit, opening);
        opening.await.unwrap_or_else(|_| {
            let words = format!("no connection within {} s", limit.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, words).into())
        })
    })
}

/// Asks for a compressed answer, where the request says nothing about it.
fn asking_for(mut request: Request<Body>, compressed: bool) -> Request<Body> {
    let headers = request.headers_mut();
    if compressed && !headers.contains_key(header::ACCEPT_ENCODING) {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    request
}

/// Unpacks an answer as it arrives. What is no gzip ends the text early, which whoever reads it tells.
fn inflated<B>(response: Response<B>) -> Response<UnsyncBoxBody<Bytes, B::Error>>
where
    B: BodyExt<Data = Bytes> + Send + 'static,
{
    let is_packed = response
        .headers()
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding == "gzip");
    let (mut parts, body) = response.into_parts();
    if !is_packed {
        return Response::from_parts(parts, body.boxed_unsync());
    }
    parts.headers.remove(header::CONTENT_ENCODING);
    parts.headers.remove(header::CONTENT_LENGTH);
    let mut decoder = MultiGzDecoder::new(Vec::new());
    let body = body.map_frame(move |frame| frame.map_data(|packed| unpack(&mut decoder, &packed)));
    Response::from_parts(parts, body.boxed_unsync())
}

/// Returns what a piece of a packed text comes to, together with what was held back of the pieces before it.
fn unpack(decoder: &mut MultiGzDecoder<Vec<u8>>, packed: &[u8]) -> Bytes {
    let read = decoder.write_all(packed).and_then(|()| decoder.flush());
    match read {
        Ok(()) => std::mem::take(decoder.get_mut()).into(),
        Err(_) => Bytes::new(),
    }
}

/// Undoes percent encoding, with which the credentials of a proxy stand in its address.
fn decoded(text: &str) -> String {
    let pair = format!("v={}", text.replace('+', "%2B").replace('&', "%26"));
    let value = form_urlencoded::parse(pair.as_bytes()).next();
    value.map_or_else(String::new, |(_, value)| value.into_owned())
}

/// Takes the words of an error at the end of its chain, which alone say what happened.
fn in_words(error: impl std::error::Error) -> Reason {
    let mut last: &dyn std::error::Error = &error;
    while let Some(source) = last.source() {
        last = source;
    }
    Reason(last.to_string())
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_packed_answer_comes_out_piece_by_piece() {
        let text = "{\"items\":[]}".repeat(5_000);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        let packed = encoder.finish().unwrap();
        for size in [1, 7, 1_000, packed.len()] {
            let mut decoder = MultiGzDecoder::new(Vec::new());
            let pieces = packed.chunks(size).map(|piece| unpack(&mut decoder, piece));
            let unpacked: Vec<u8> = pieces.flat_map(Vec::from).collect();
            assert_eq!(unpacked, text.as_bytes(), "in pieces of {size}");
        }
        let mut decoder = MultiGzDecoder::new(Vec::new());
        assert!(unpack(&mut decoder, b"no gzip at all").is_empty());
    }

    #[test]
    fn credentials_of_a_proxy_are_decoded() {
        assert_eq!(decoded("user:pa%40ss%3Aword"), "user:pa@ss:word");
        assert_eq!(decoded("a+b:c&d%zz="), "a+b:c&d%zz=");
    }
}
