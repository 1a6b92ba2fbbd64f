//! Who plays in a scene: the samples, those the scene names, and an institution of one's own in the place of
//! a sample.

use skts_otp::SerialNumber;

use crate::file::{SceneError, Token};
use crate::institutions::{CodeDigits, Institution, Serial, SetUp, checked, standard_institutions};

/// The sample that is set up by the app alone.
const ALONE: &str = "mihon-shinkin";
/// The sample that is set up by an activation.
const ACTIVATED: &str = "mihon-shinkumi";

const PARTS: [&str; 2] = [ALONE, ACTIVATED];
/// A service ID that no sample has.
const FREE: &str = "99900001";

/// The sample whose part an institution that is set up in this way plays.
pub const fn part(set_up: SetUp) -> &'static str {
    match set_up {
        SetUp::SelfProvisioned => ALONE,
        SetUp::Activated => ACTIVATED,
    }
}

/// The institutions of a scene.
pub(crate) struct Cast {
    institutions: Vec<Institution>,
    own: Option<Institution>,
}

impl Cast {
    pub(crate) fn new(own: Option<&Institution>) -> Self {
        let mut institutions = standard_institutions();
        if let Some(own) = own {
            institutions
                .iter_mut()
                .for_each(|sample| beside(own, sample));
            put(&mut institutions, own.clone());
        }
        Self {
            institutions,
            own: own.cloned(),
        }
    }

    /// Adds what the scene names. What it says of a sample it says of one's own: the rules, not who it is.
    pub(crate) fn add(
        &mut self,
        named: toml::Spanned<Institution>,
        text: &str,
        name: &str,
    ) -> Result<(), SceneError> {
        let mut named = checked(named, text, name)?;
        if let Some(own) = &self.own {
            if PARTS.contains(&&*named.id) {
                named = Institution {
                    lowest_level: named.lowest_level,
                    check_in_notice_days: named.check_in_notice_days,
                    ..own.clone()
                };
            } else {
                beside(own, &mut named);
            }
        }
        put(&mut self.institutions, named);
        Ok(())
    }

    pub(crate) fn institutions(&self) -> &[Institution] {
        &self.institutions
    }

    /// What is typed for `{service-id}`.
    pub(crate) fn service_id(&self) -> String {
        let mut all = self.institutions.iter();
        let activated = all.find(|institution| institution.id == ACTIVATED);
        activated.map_or_else(String::new, |found| found.service_id.clone())
    }

    /// The token as it is of this cast. One that is `given` in the window has its way of being set up; every
    /// other of a sample may be one's own.
    pub(crate) fn token(&self, mut token: Token, given: bool) -> Result<Token, String> {
        let Some(own) = &self.own else {
            return Ok(token);
        };
        if !PARTS.contains(&&*token.institution) {
            return Ok(token);
        }
        if given && token.institution != own.id {
            return Err(format!("no token of {} is set up in this way", own.name.ja));
        }
        token.institution.clone_from(&own.id);
        token.serial = serial(&token.serial, own.serial)?;
        if own.digits != CodeDigits::Both {
            token.digits = None;
        }
        Ok(token)
    }
}

/// No list has a service ID twice, and no screen shows that of a sample beside one's own.
fn beside(own: &Institution, sample: &mut Institution) {
    if sample.service_id == own.service_id {
        FREE.clone_into(&mut sample.service_id);
    }
}

fn put(institutions: &mut Vec<Institution>, one: Institution) {
    match institutions.iter_mut().find(|other| other.id == one.id) {
        Some(place) => *place = one,
        None => institutions.push(one),
    }
}

/// The serial, or one of the other kind that is always the same for it.
fn serial(of: &SerialNumber, kind: Serial) -> Result<SerialNumber, String> {
    let text = of.as_str();
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit());
    let other = match kind {
        Serial::Numeric9 if !numeric => {
            let mixed = text.bytes().fold(0_u32, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(u32::from(byte))
            });
            (100_000_000 + mixed % 900_000_000).to_string()
        }
        Serial::Skts if numeric => format!("SKTS{}", text.get(1..).unwrap_or_default()),
        Serial::Numeric9 | Serial::Skts => return Ok(of.clone()),
    };
    SerialNumber::parse(&other).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scene;

    const SCENE: &str = r#"
at = 2026-12-01T10:15:07+09:00
shows = "code"
alt = { ja = "画面", en = "A screen" }
link = "skts:activate?service_id={service-id}"

[[token]]
institution = "mihon-shinkin"
serial = "SKTS12345678"
seed = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
started = 2026-11-20T09:00:00+09:00
"#;

    fn own() -> Institution {
        let mut own = standard_institutions().remove(1);
        assert_eq!(own.id, part(own.set_up));
        own.name.ja = "港信用組合".to_owned();
        // A sample has it already.
        own.service_id = "10000001".to_owned();
        own.signing = false;
        own
    }

    #[test]
    fn every_token_is_of_ones_own_institution() {
        let own = own();
        let scene = Scene::read(SCENE, "x.toml", Some(&own)).unwrap();
        let token = scene.checked.tokens.first().unwrap();
        assert_eq!(token.institution, "mihon-shinkumi");
        assert_eq!(token.serial.as_str().len(), 9);
        let listed = &scene.checked.institutions;
        assert!(listed.contains(&own));
        let same = listed.iter().filter(|one| one.service_id == own.service_id);
        assert_eq!(same.count(), 1);
        assert_eq!(scene.link.unwrap(), "skts:activate?service_id=10000001");
        let samples = Scene::read(SCENE, "x.toml", None).unwrap();
        assert_eq!(samples.link.unwrap(), "skts:activate?service_id=10112235");
    }

    #[test]
    fn what_ones_own_institution_has_none_of_is_told() {
        let own = own();
        let told = |from: &str, to: &str| {
            let text = SCENE.replacen(from, to, 1);
            Scene::read(&text, "x.toml", None).unwrap();
            let refused = Scene::read(&text, "x.toml", Some(&own));
            refused.unwrap_err().to_string()
        };
        let set_up = told("[[token]]", "[new-token]");
        assert!(
            set_up.contains("x.toml:7: no token of 港信用組合"),
            "{set_up}"
        );
        let signing = told("started", "mode = \"signing\"\nstarted");
        assert!(signing.contains("signing"), "{signing}");
    }
}
