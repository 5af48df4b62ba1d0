//! Answers on their way out: whole, in drops, in half, or not at all.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header;
use axum::response::Response;
use futures::{StreamExt as _, stream};

use super::answer::Answer;
use super::door::Switch;
use super::fault::Act;

/// Makes what goes on the wire of an answer.
pub fn response(answer: Answer) -> Response {
    let (kind, bytes) = answer.bytes();
    let mut builder = Response::builder().status(answer.status);
    if let Some(kind) = kind {
        builder = builder.header(header::CONTENT_TYPE, kind);
    }
    for (name, value) in answer.headers {
        builder = builder.header(name, value);
    }
    builder
        .body(Body::from(bytes))
        .expect("the double's headers are good")
}

/// Sends an answer, or what the fault leaves of it.
pub async fn deliver(
    response: Response,
    act: &Act,
    switch: &Switch,
    is_gone: impl Fn(),
) -> Response {
    match act {
        Act::Lose => {
            // What was asked for is carried out to its end, which for Git is the end of the answer.
            drop(to_bytes(response.into_body(), usize::MAX).await);
            is_gone();
            switch.close();
            Response::default()
        }
        Act::Drip(pause) => {
            let pause = *pause;
            pieces(response, 1, move |index, byte| async move {
                if index > 0 {
                    tokio::time::sleep(pause).await;
                }
                Ok(byte)
            })
            .await
        }
        Act::Cut => {
            is_gone();
            pieces(response, 2, |index, half| async move {
                if index == 0 {
                    return Ok(half);
                }
                // The first half is on its way before the connection goes.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(std::io::Error::other("cut by the double"))
            })
            .await
        }
        _ => response,
    }
}

/// Sends a body in pieces: of one byte each, or two halves.
async fn pieces<F>(
    response: Response,
    count: usize,
    send: impl Fn(usize, Bytes) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = std::io::Result<Bytes>> + Send + 'static,
{
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, bytes.len().into());
    let size = if count == 1 {
        1
    } else {
        bytes.len().div_ceil(2).max(1)
    };
    let pieces: Vec<Bytes> = bytes.chunks(size).map(Bytes::copy_from_slice).collect();
    let pieces = stream::iter(pieces.into_iter().enumerate());
    let body = Body::from_stream(pieces.then(move |(index, piece)| send(index, piece)));
    Response::from_parts(parts, body)
}
