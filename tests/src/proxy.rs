//! A loopback HTTP proxy between app and service that loses, holds and delays what it is told to.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Longest message passed on, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before the service hears of the call.
    LoseRequest,
    /// The service answers, and the connection breaks before the app hears it.
    LoseReply,
    /// The call waits for [`Proxy::release`] before the service hears of it.
    HoldRequest,
    /// The service answers; the answer waits for [`Proxy::release`].
    HoldReply,
    /// The call takes this much longer.
    Delay(Duration),
    /// The service is not asked; the app is told to come back after so many seconds (503).
    Busy(u32),
    /// The service is not asked; the app is given a web page, as by a hotel that wants its terms
    /// agreed to first.
    WebPage,
}

/// A call that passed through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The path, such as `/v1/provisioning/confirm`.
    pub path: String,
    /// The body as the app sent it.
    pub body: Vec<u8>,
    /// The status of the service's answer, if it was asked.
    pub status: Option<u16>,
    /// The body of its answer.
    pub reply: Vec<u8>,
    /// What was done to the call.
    pub fault: Option<Fault>,
}

#[derive(Debug, Default)]
struct Shared {
    upstream: String,
    cut: bool,
    closing: bool,
    plan: VecDeque<(String, Fault)>,
    calls: Vec<Call>,
    held: usize,
    released: usize,
}

#[derive(Debug, Default)]
struct Inner {
    shared: Mutex<Shared>,
    changed: Condvar,
}

/// The proxy; it ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    inner: Arc<Inner>,
}

impl Proxy {
    /// Starts a proxy on a free port in front of `upstream` (`127.0.0.1:PORT`).
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(upstream: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let inner = Arc::new(Inner::default());
        inner.lock().upstream = upstream.to_owned();
        let for_thread = Arc::clone(&inner);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if for_thread.lock().closing {
                    return;
                }
                let inner = Arc::clone(&for_thread);
                // A call that fails has failed as planned, or the story sees it in the app.
                thread::spawn(move || drop(inner.serve(&stream)));
            }
        });
        Ok(Self { port, inner })
    }

    /// The address for the institution list.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sends calls to another service from now on.
    pub fn point_to(&self, upstream: &str) {
        self.inner.lock().upstream = upstream.to_owned();
    }

    /// Does `fault` to the next call whose path ends with `path`; plans are kept in order.
    pub fn plan(&self, path: &str, fault: Fault) {
        self.inner.lock().plan.push_back((path.to_owned(), fault));
    }

    /// Breaks every connection from now on (`true`), or none (`false`).
    pub fn cut(&self, cut: bool) {
        self.inner.lock().cut = cut;
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.inner.lock().calls.clone()
    }

    /// The calls so far whose path ends with `path`.
    pub fn calls_to(&self, path: &str) -> Vec<Call> {
        self.calls()
            .into_iter()
            .filter(|call| call.path.ends_with(path))
            .collect()
    }

    /// Forgets the calls so far.
    pub fn forget(&self) {
        self.inner.lock().calls.clear();
    }

    /// Waits until a call is held.
    ///
    /// # Errors
    /// When none is within 30 seconds.
    pub fn wait_held(&self) -> Result<()> {
        let guard = self.inner.lock();
        let (guard, timed_out) = self
            .inner
            .changed
            .wait_timeout_while(guard, Duration::from_secs(30), |s| s.held == s.released)
            .unwrap_or_else(PoisonError::into_inner);
        drop(guard);
        if timed_out.timed_out() {
            bail!("no call came to be held");
        }
        Ok(())
    }

    /// Lets every held call go on.
    pub fn release(&self) {
        let mut shared = self.inner.lock();
        shared.released = shared.held;
        self.inner.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        {
            let mut shared = self.inner.lock();
            shared.closing = true;
            shared.released = shared.held;
            self.inner.changed.notify_all();
        }
        // Wakes the listener, which then sees that it is to close.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, app: &TcpStream) -> Result<()> {
        if self.lock().cut {
            app.shutdown(Shutdown::Both)?;
            return Ok(());
        }
        app.set_read_timeout(Some(Duration::from_secs(30)))?;
        let (head, body) = read_message(app)?;
        let path = head
            .split_whitespace()
            .nth(1)
            .unwrap_or_default()
            .to_owned();
        let (fault, upstream, number) = {
            let mut shared = self.lock();
            let planned = shared
                .plan
                .iter()
                .position(|(suffix, _)| path.ends_with(suffix));
            let fault = planned
                .and_then(|index| shared.plan.remove(index))
                .map(|plan| plan.1);
            shared.calls.push(Call {
                path,
                body: body.clone(),
                status: None,
                reply: Vec::new(),
                fault,
            });
            (fault, shared.upstream.clone(), shared.calls.len() - 1)
        };
        match fault {
            Some(Fault::LoseRequest) => return Ok(app.shutdown(Shutdown::Both)?),
            Some(Fault::HoldRequest) => self.hold(),
            Some(Fault::Delay(time)) => thread::sleep(time),
            Some(Fault::Busy(secs)) => return answer_busy(app, secs),
            Some(Fault::WebPage) => return answer_web_page(app),
            Some(Fault::LoseReply | Fault::HoldReply) | None => {}
        }
        let reply = forward(&upstream, &head, &body)?;
        let status = reply
            .get(9..12)
            .and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        if let Some(call) = self.lock().calls.get_mut(number) {
            call.status = status;
            call.reply = body_of(&reply).to_vec();
        }
        match fault {
            Some(Fault::LoseReply) => return Ok(app.shutdown(Shutdown::Both)?),
            Some(Fault::HoldReply) => self.hold(),
            _ => {}
        }
        let mut app = app;
        app.write_all(&reply)?;
        Ok(app.shutdown(Shutdown::Write)?)
    }

    fn hold(&self) {
        let mut shared = self.lock();
        shared.held += 1;
        let number = shared.held;
        self.changed.notify_all();
        let guard = self
            .changed
            .wait_while(shared, |shared| shared.released < number && !shared.closing)
            .unwrap_or_else(PoisonError::into_inner);
        drop(guard);
    }
}

/// Reads one request: the head up to and with its empty line, and the body.
fn read_message(stream: &TcpStream) -> Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            bail!("the connection ended in the head");
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value
                .trim()
                .parse()
                .context("content-length is no number")?;
        }
        let end = line.trim().is_empty();
        head += &line;
        if end {
            break;
        }
    }
    if length > MOST_BYTES {
        bail!("a body of {length} bytes");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((head, body))
}

/// Sends the request on over a connection of its own and gives back the whole answer.
fn forward(upstream: &str, head: &str, body: &[u8]) -> Result<Vec<u8>> {
    let mut service = TcpStream::connect(upstream)?;
    service.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut message = Vec::new();
    for line in head.trim_end().lines().filter(|line| !is_connection(line)) {
        write!(message, "{line}\r\n")?;
    }
    message.extend_from_slice(b"connection: close\r\n\r\n");
    message.extend_from_slice(body);
    service.write_all(&message)?;
    let mut reply = Vec::new();
    service.read_to_end(&mut reply)?;
    Ok(reply)
}

/// What follows the head of an answer.
fn body_of(reply: &[u8]) -> &[u8] {
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n");
    end.and_then(|end| reply.get(end + 4..)).unwrap_or_default()
}

fn is_connection(line: &str) -> bool {
    line.split_once(':')
        .is_some_and(|(name, _)| name.eq_ignore_ascii_case("connection"))
}

fn answer_web_page(mut app: &TcpStream) -> Result<()> {
    let page = "<!doctype html><title>Welcome</title><p>Please agree to our terms.";
    write!(
        app,
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{page}",
        page.len()
    )?;
    Ok(app.shutdown(Shutdown::Write)?)
}

fn answer_busy(mut app: &TcpStream, secs: u32) -> Result<()> {
    let body = r#"{"type":"about:blank","status":503,"code":"busy","request_id":""}"#;
    write!(
        app,
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n\
         retry-after: {secs}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )?;
    Ok(app.shutdown(Shutdown::Write)?)
}
