//! The demonstration's mailbox: a small SMTP server on this machine that keeps what it is sent, and
//! what a page needs to show it.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};

/// Mails kept; the oldest goes first.
const MOST_MAILS: usize = 50;
/// Longest line, with its end (RFC 5321 §4.5.3.1.6 asks for 1000).
const MOST_LINE_BYTES: u64 = 1_002;
/// Longest mail.
const MOST_MAIL_BYTES: usize = 64 * 1024;
/// How long a sender may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    message_id: String,
    /// The address it was sent to.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// The mailbox.
#[derive(Debug, Default)]
pub struct Inbox(Mutex<VecDeque<ReceivedMail>>);

impl Inbox {
    /// Opens a mailbox on a free port of this machine; gives it and where it listens.
    ///
    /// # Errors
    /// If there is no port to listen on.
    pub async fn open() -> io::Result<(Arc<Self>, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let inbox = Arc::new(Self::default());
        tokio::spawn(inbox.clone().listen(listener));
        Ok((inbox, address))
    }

    /// What came, the newest first.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        let mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().rev().cloned().collect()
    }

    async fn listen(self: Arc<Self>, listener: TcpListener) {
        loop {
            // A failed accept is the sender's matter; the next one may work.
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let inbox = self.clone();
            tokio::spawn(async move {
                if let Err(error) = inbox.receive(stream).await {
                    tracing::warn!(%error, "a sender of mail went away");
                }
            });
        }
    }

    /// One sender, RFC 5321 as far as a queue on the same machine needs it.
    async fn receive(&self, stream: TcpStream) -> io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::new(read);
        write.write_all(b"220 mihon.example\r\n").await?;
        while let Some(line) = line(&mut read).await? {
            let answer = match verb(&line).as_str() {
                "EHLO" | "HELO" | "MAIL" | "RCPT" | "RSET" | "NOOP" => "250 ok",
                "DATA" => {
                    write.write_all(b"354 end with a dot\r\n").await?;
                    match parse(&text(&mut read).await?) {
                        Some(mail) => {
                            self.keep(mail);
                            "250 kept"
                        }
                        None => "554 not a mail that is read here",
                    }
                }
                "QUIT" => return write.write_all(b"221 bye\r\n").await,
                _ => "502 not known here",
            };
            write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
        Ok(())
    }

    /// Keeps a mail, once: a repeat has the message id of the first.
    fn keep(&self, mail: ReceivedMail) {
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.iter().any(|kept| kept.message_id == mail.message_id) {
            return;
        }
        if mails.len() >= MOST_MAILS {
            mails.pop_front();
        }
        mails.push_back(mail);
    }
}

fn verb(line: &str) -> String {
    let end = line.find([' ', ':']).unwrap_or(line.len());
    line.get(..end).unwrap_or_default().to_ascii_uppercase()
}

/// One line without its end; nothing at the end of the connection.
async fn line(read: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let mut bounded = read.take(MOST_LINE_BYTES);
    let reading = bounded.read_until(b'\n', &mut bytes);
    let found = tokio::time::timeout(PATIENCE, reading).await??;
    if found == 0 {
        return Ok(None);
    }
    if bytes.pop() != Some(b'\n') {
        return Err(io::Error::other("a line without an end"));
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| io::Error::other("a line that is no text"))
}

/// The lines after DATA, up to the dot, the doubled dots undone.
async fn text(read: &mut BufReader<OwnedReadHalf>) -> io::Result<String> {
    let mut text = String::new();
    while let Some(line) = line(read).await? {
        if line == "." {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push('\n');
        if text.len() > MOST_MAIL_BYTES {
            return Err(io::Error::other("a mail too long"));
        }
    }
    Err(io::Error::other("a mail without an end"))
}

/// Reads a mail as this bank writes them: headers, a blank line, a text in base64.
fn parse(text: &str) -> Option<ReceivedMail> {
    let (head, body) = text.split_once("\n\n")?;
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    };
    let body = match header("Content-Transfer-Encoding")? {
        "base64" => from_base64(body)?,
        "7bit" | "8bit" => body.to_owned(),
        _ => return None,
    };
    Some(ReceivedMail {
        message_id: header("Message-ID")?.to_owned(),
        to: header("To")?.to_owned(),
        subject: words(header("Subject")?)?,
        body,
    })
}

fn from_base64(text: &str) -> Option<String> {
    let plain: String = text.split_ascii_whitespace().collect();
    String::from_utf8(STANDARD.decode(plain).ok()?).ok()
}

/// A subject of encoded words (RFC 2047, UTF-8, encoding B), the white space between them dropped.
fn words(subject: &str) -> Option<String> {
    const START: &str = "=?utf-8?b?";
    if !subject.to_ascii_lowercase().starts_with(START) {
        return Some(subject.to_owned());
    }
    subject
        .split_ascii_whitespace()
        .map(|word| from_base64(word.get(START.len()..)?.strip_suffix("?=")?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Message-ID: <1@x>\nTo: a@example.jp\nSubject: =?utf-8?b?44GK55+l?=\n =?utf-8?b?44KJ44Gb?=\nContent-Transfer-Encoding: base64";

    #[test]
    fn a_mail_is_read_with_its_subject_in_pieces() {
        let mail = parse(&format!("{HEAD}\n\n44GC\n44GE\n")).unwrap();
        assert_eq!(
            (mail.subject.as_str(), mail.body.as_str()),
            ("お知らせ", "あい")
        );
        assert_eq!(mail.to, "a@example.jp");
    }

    #[test]
    fn what_is_no_mail_is_not_kept() {
        for text in [
            "",
            "\n\n",
            HEAD,
            &format!("{HEAD}\n\n!!!\n"),
            &format!("{HEAD}\n\n/w==\n"),
            &format!("{}\n\n44GC", HEAD.replace("base64", "x")),
            &format!("{}\n\n44GC", HEAD.replace("?=", "")),
            &format!("{}\n\n44GC", HEAD.replace("Message-ID", "X")),
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
