//! Git's smart HTTP over our own client: proxies, authorities and credentials as everywhere else.

use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;

use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream};
use reqwest::blocking::Response;

use super::http_line::Line;
use super::transport::Operation;
use super::transport_error::TransportError;

/// The smart HTTP transport of one operation.
pub(super) struct HttpTransport {
    line: Arc<Line>,
}

impl HttpTransport {
    /// Makes the transport; nothing is sent yet.
    pub fn new(operation: Arc<Operation>) -> Self {
        Self {
            line: Arc::new(Line::new(operation)),
        }
    }
}

impl SmartSubtransport for HttpTransport {
    fn action(
        &self,
        _address: &str,
        service: Service,
    ) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let line = &self.line;
        match service {
            Service::UploadPackLs | Service::ReceivePackLs => {
                let body = line
                    .advertisement(service)
                    .map_err(|error| line.operation.refuse(error))?;
                Ok(Box::new(Cursor::new(body)))
            }
            Service::UploadPack | Service::ReceivePack => Ok(Box::new(Exchange {
                line: Arc::clone(line),
                service,
                request: Vec::new(),
                response: None,
            })),
        }
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

/// One request, gathered while libgit2 writes and sent when it first reads.
struct Exchange {
    line: Arc<Line>,
    service: Service,
    request: Vec<u8>,
    response: Option<Response>,
}

impl Write for Exchange {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.request.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Exchange {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let operation = &self.line.operation;
        if self.response.is_none() {
            let body = std::mem::take(&mut self.request);
            let response = self
                .line
                .post(self.service, body)
                .map_err(|error| operation.fail(error))?;
            self.response = Some(response);
        }
        let Some(response) = &mut self.response else {
            return Ok(0);
        };
        let host = operation.url.authority();
        response
            .read(buffer)
            .map_err(|source| operation.fail(TransportError::Broken { host, source }))
    }
}
