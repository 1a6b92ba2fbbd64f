//! A TPM 2.0 that is a program: `swtpm`, one for each test.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// The authorisation area of an empty password.
pub(crate) const NO_PASSWORD: &str = "00000009400000090000000000";
/// Storage root keys as systems keep them: P-256, RSA 2048, and one that counts wrong passwords.
pub(crate) const ECC_ROOT: &str = "0023000b00030472000000060080004300100003001000000000";
pub(crate) const RSA_ROOT: &str = "0001000b00030472000000060080004300100800000000000000";
pub(crate) const COUNTING_ROOT: &str = "0023000b00030072000000060080004300100003001000000000";

/// A kind of endorsement key: where its certificate is, and what its template begins and ends with.
pub(crate) struct EndorsementKind {
    pub(crate) index: &'static str,
    head: &'static str,
    tail: &'static str,
    unique: usize,
    public_from: usize,
}

/// `PolicySecret` of the endorsement hierarchy.
const ENDORSEMENT_POLICY: &str = "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa";
/// The TCG's templates L-2 and L-1.
pub(crate) const ENDORSEMENT_P256: EndorsementKind = EndorsementKind {
    index: "01c0000a",
    head: "0023000b000300b20020",
    tail: "000600800043001000030010",
    unique: 32,
    public_from: 54,
};
pub(crate) const ENDORSEMENT_RSA: EndorsementKind = EndorsementKind {
    index: "01c00002",
    head: "0001000b000300b20020",
    tail: "00060080004300100800000000000100",
    unique: 256,
    public_from: 58,
};

impl EndorsementKind {
    fn template(&self) -> String {
        let zeros = "00".repeat(self.unique);
        let unique = if self.unique == 32 {
            format!("0020{zeros}0020{zeros}")
        } else {
            zeros
        };
        format!("{}{ENDORSEMENT_POLICY}{}{unique}", self.head, self.tail)
    }

    /// Something in DER with the key in it, as a certificate has it.
    fn certificate(&self, public: &[u8]) -> Vec<u8> {
        let key = match self.unique {
            32 => [&public[56..88], &public[90..122]].concat(),
            _ => public[self.public_from..].to_vec(),
        };
        let filling = [7; 600];
        let length = u16::try_from(key.len() + filling.len()).unwrap();
        [&[0x30, 0x82], &length.to_be_bytes()[..], &filling, &key].concat()
    }
}

/// A running chip and the folder that is its silicon. Ends when dropped.
pub(crate) struct Simulator {
    folder: TempDir,
    program: Option<Child>,
}

impl Simulator {
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("skts-tpm-")
            .tempdir()
            .unwrap();
        fs::create_dir(folder.path().join("state")).unwrap();
        let mut chip = Self {
            folder,
            program: None,
        };
        chip.switch_on();
        chip
    }

    /// Another chip with the same content, as a cloned virtual machine has. The first must be off.
    pub(crate) fn clone_of(other: &Self) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("skts-tpm-")
            .tempdir()
            .unwrap();
        let (from, to) = (other.state(), folder.path().join("state"));
        fs::create_dir(&to).unwrap();
        for file in fs::read_dir(from).unwrap() {
            let file = file.unwrap();
            if file.file_name() != ".lock" {
                fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
        }
        let mut chip = Self {
            folder,
            program: None,
        };
        chip.switch_on();
        chip
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub(crate) fn switch_on(&mut self) {
        let unix = |path: &Path| format!("type=unixio,path={}", path.display());
        let program = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
            .arg("--tpmstate")
            .arg(format!("dir={}", self.state().display()))
            .arg("--server")
            .arg(unix(&self.path()))
            .arg("--ctrl")
            .arg(unix(&self.folder.path().join("control")))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("swtpm is installed");
        self.program = Some(program);
        for _ in 0..200 {
            if UnixStream::connect(self.path()).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("swtpm does not listen");
    }

    /// As the power switch does: nothing is saved first.
    pub(crate) fn switch_off(&mut self) {
        if let Some(mut program) = self.program.take() {
            program.kill().unwrap();
            program.wait().unwrap();
        }
        for socket in ["socket", "control"] {
            let _ = fs::remove_file(self.folder.path().join(socket));
        }
    }

    pub(crate) fn restart(&mut self) {
        self.switch_off();
        self.switch_on();
    }

    /// `TPM2_Clear`, as the firmware's menu does it: the owner's seeds are made anew.
    pub(crate) fn clear(&self) {
        let answer = self.send("80020000001b000001264000000a00000009400000090000000000");
        assert_eq!(answer[6..10], [0; 4], "TPM2_Clear");
    }

    /// Handles of what is loaded (`first` 0x80000000) or kept (0x81000000).
    pub(crate) fn handles(&self, first: u32) -> Vec<u32> {
        let answer = self.send(&format!("8001000000160000017a00000001{first:08x}000000ff"));
        assert_eq!(answer[6..10], [0; 4], "TPM2_GetCapability");
        let handles = answer[19..].chunks_exact(4);
        handles
            .map(|handle| u32::from_be_bytes(handle.try_into().unwrap()))
            .filter(|handle| handle >> 24 == first >> 24)
            .collect()
    }

    /// Makes a storage root key by `template` (hex of a `TPMT_PUBLIC`) and keeps it where systems do.
    pub(crate) fn keep_root(&self, template: &str, password: &str) {
        let sensitive = format!("{:04x}{}0000", password.len() / 2, password);
        let body = format!(
            "0000013140000001{NO_PASSWORD}{:04x}{sensitive}{:04x}{template}000000000000",
            sensitive.len() / 2,
            template.len() / 2
        );
        let answer = self.send_sized("8002", &body);
        assert_eq!(answer[6..10], [0; 4], "TPM2_CreatePrimary");
        let handle = hex::encode(&answer[10..14]);
        self.evict(&handle);
        self.send(&format!("80010000000e00000165{handle}"));
    }

    /// Takes the kept one away again.
    pub(crate) fn drop_root(&self) {
        self.evict("81000001");
    }

    fn evict(&self, handle: &str) {
        let body = format!("0000012040000001{handle}{NO_PASSWORD}81000001");
        let answer = self.send_sized("8002", &body);
        assert_eq!(answer[6..10], [0; 4], "TPM2_EvictControl");
    }

    /// Gives the owner of the chip a password, as an administrator does.
    pub(crate) fn set_owner_password(&self) {
        let body = format!("0000012940000001{NO_PASSWORD}000470617373");
        let answer = self.send_sized("8002", &body);
        assert_eq!(answer[6..10], [0; 4], "TPM2_HierarchyChangeAuth");
    }

    /// Gives the endorsement hierarchy a password.
    pub(crate) fn set_endorsement_password(&self) {
        let body = format!("000001294000000b{NO_PASSWORD}000470617373");
        let answer = self.send_sized("8002", &body);
        assert_eq!(answer[6..10], [0; 4], "TPM2_HierarchyChangeAuth");
    }

    /// Makes an endorsement key by `template`; its handle and its public area.
    fn endorsement_key(&self, template: &str) -> (String, Vec<u8>) {
        let body = format!(
            "000001314000000b{NO_PASSWORD}000400000000{:04x}{template}000000000000",
            template.len() / 2
        );
        let answer = self.send_sized("8002", &body);
        assert_eq!(answer[6..10], [0; 4], "TPM2_CreatePrimary");
        let length = usize::from(u16::from_be_bytes([answer[18], answer[19]]));
        (
            hex::encode(&answer[10..14]),
            answer[20..20 + length].to_vec(),
        )
    }

    fn flush(&self, handle: &str) {
        self.send(&format!("80010000000e00000165{handle}"));
    }

    /// Certifies an endorsement key as a maker does, as far as the chip's own program looks: something
    /// in DER with the key in it, and filling behind.
    pub(crate) fn certify(&self, kind: &EndorsementKind) -> Vec<u8> {
        let (handle, public) = self.endorsement_key(&kind.template());
        self.flush(&handle);
        let certificate = kind.certificate(&public);
        self.keep(kind.index, &[certificate.as_slice(), &[0xff; 100]].concat());
        certificate
    }

    /// Writes into an index that everybody may read.
    pub(crate) fn keep(&self, index: &str, content: &[u8]) {
        // Read by owner and by the index's empty password; no lockout.
        let public = format!("{index}000b020600020000{:04x}", content.len());
        let body = format!(
            "0000012a40000001{NO_PASSWORD}0000{:04x}{public}",
            public.len() / 2
        );
        let answer = self.send_sized("8002", &body);
        assert_eq!(answer[6..10], [0; 4], "TPM2_NV_DefineSpace");
        for (at, block) in content.chunks(512).enumerate() {
            let body = format!(
                "0000013740000001{index}{NO_PASSWORD}{:04x}{}{:04x}",
                block.len(),
                hex::encode(block),
                at * 512
            );
            let answer = self.send_sized("8002", &body);
            assert_eq!(answer[6..10], [0; 4], "TPM2_NV_Write");
        }
    }

    /// `TPM2_MakeCredential` for this chip's endorsement key, by the chip itself: in the form that a
    /// grant has.
    pub(crate) fn credential(&self, kind: &EndorsementKind, name: &[u8], secret: &[u8]) -> Vec<u8> {
        let (handle, _) = self.endorsement_key(&kind.template());
        let body = format!(
            "00000168{handle}{:04x}{}{:04x}{}",
            secret.len(),
            hex::encode(secret),
            name.len(),
            hex::encode(name)
        );
        let answer = self.send_sized("8001", &body);
        assert_eq!(answer[6..10], [0; 4], "TPM2_MakeCredential");
        self.flush(&handle);
        let mut rest = &answer[10..];
        let mut credential = Vec::new();
        while let [high, low, tail @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            credential.extend(u32::try_from(length).unwrap().to_be_bytes());
            credential.extend(&tail[..length]);
            rest = &tail[length..];
        }
        credential
    }

    pub(crate) fn send_sized(&self, tag: &str, body: &str) -> Vec<u8> {
        self.send(&format!("{tag}{:08x}{body}", body.len() / 2 + 6))
    }

    /// Sends a command written in hex.
    pub(crate) fn send(&self, command: &str) -> Vec<u8> {
        let digits: String = command.split_whitespace().collect();
        let mut stream = UnixStream::connect(self.path()).unwrap();
        stream.write_all(&hex::decode(digits).unwrap()).unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).unwrap();
        answer.truncate(length);
        answer
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.switch_off();
    }
}
