//! A maker of chips, who certifies their endorsement keys: the authority of `swtpm-tools`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::issuer::run;
use crate::process::leashed;
use crate::script;
use crate::tpm::Tpm;

/// A maker's authority in a folder.
#[derive(Debug)]
pub struct Maker(PathBuf);

impl Maker {
    /// A new maker; its authority is made with its first chip.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        let config = ["statedir", "signingkey", "issuercert", "certserial"]
            .map(|name| {
                let path = match name {
                    "statedir" => folder.clone(),
                    name => folder.join(name),
                };
                format!("{name} = {}\n", path.display())
            })
            .concat();
        fs::write(folder.join("authority.conf"), config)?;
        fs::write(folder.join("options"), "")?;
        Ok(Self(folder))
    }

    /// What its chips' certificates are signed by, in PEM.
    pub fn certificate(&self) -> PathBuf {
        self.0.join("issuercert")
    }

    /// A new chip in `folder`, with the certificate of its endorsement key in it, switched on. With
    /// `name`, the certificate says that another made it: `id:` and four letters in hexadecimal.
    ///
    /// # Errors
    /// When `swtpm_setup` fails or the chip does not start.
    pub fn chip(&self, folder: PathBuf, name: Option<&str>) -> Result<Tpm> {
        let state = folder.join("state");
        fs::create_dir_all(&state)?;
        let tool = self.tool(&folder, name)?;
        let setup = format!(
            "create_certs_tool = {}\ncreate_certs_tool_config = {}\ncreate_certs_tool_options = {}\n",
            tool.display(),
            self.0.join("authority.conf").display(),
            self.0.join("options").display()
        );
        let config = folder.join("setup.conf");
        fs::write(&config, setup)?;
        run(leashed("swtpm_setup")
            .args(["--tpm2", "--create-ek-cert", "--tpmstate"])
            .arg(&state)
            .arg("--config")
            .arg(&config))?;
        Tpm::start(folder)
    }

    /// What signs a certificate: the authority's own program, told who made the chip.
    fn tool(&self, folder: &Path, name: Option<&str>) -> Result<PathBuf> {
        let path = folder.join("certify");
        let name = name.map_or(String::new(), |name| format!(" --tpm-manufacturer {name}"));
        script::write(
            &path,
            &format!("#!/bin/sh\nexec swtpm_localca \"$@\"{name}\n"),
        )?;
        Ok(path)
    }
}
