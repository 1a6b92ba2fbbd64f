//! What contradicts what, once each field by itself is good.

use crate::reader::Source;
use crate::{Face, Institution, Kind, SetUp};

/// Where the fields stand that contradict others, as bytes of the text.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(crate) valid_until: usize,
    pub(crate) set_up: usize,
    pub(crate) procedures: usize,
    /// By procedure, in the order of [`crate::Procedures::faces`].
    pub(crate) faces: [usize; 9],
    pub(crate) limit: usize,
    pub(crate) stores: usize,
}

pub(crate) fn check(source: &Source<'_>, institution: &Institution, places: &Places) {
    let edition = institution.edition;
    if let Some(until) = edition.valid_until
        && until <= edition.valid_from
    {
        source.fault(
            places.valid_until,
            "edition.valid-until",
            "the edition ends before it begins; write a date after valid-from, or leave it out",
        );
    }
    kinds(source, institution, places);
    faces(source, institution, places);
    let procedures = &institution.procedures;
    let may_end = !procedures.release.is_empty();
    if procedures.limit_after_release_yen.is_some() && !may_end {
        source.fault(
            places.limit,
            "procedures.limit-after-release-yen",
            "there is a limit after 利用解除 but no 利用解除; give release its faces, or take the limit out",
        );
    }
    let stores = &institution.stores;
    if stores.ios.is_none() && stores.android.is_none() {
        source.fault(
            places.stores,
            "stores",
            "the app is in no store for phones; add ios, android or both",
        );
    }
}

/// A shinkin's pages know no 発行 and 利用解除, a shinkumi's no 交換 and 利用中止.
fn kinds(source: &Source<'_>, institution: &Institution, places: &Places) {
    let foreign: &[(&str, &str)] = match institution.kind {
        Kind::Shinkin => &[
            ("issue", "a shinkin issues no tokens by mail; take it out"),
            ("release", "a shinkin has 利用中止 in its place; write stop"),
        ],
        Kind::Shinkumi => &[
            (
                "exchange",
                "a shinkumi has 利用解除 and トークン発行 in its place; write release and issue",
            ),
            (
                "stop",
                "a shinkumi has 利用解除 in its place; write release",
            ),
            (
                "login-code",
                "a shinkumi asks for a code at every login; take it out",
            ),
        ],
    };
    for (at, (name, faces)) in institution.procedures.faces().into_iter().enumerate() {
        if let Some((_, says)) = foreign.iter().find(|(foreign, _)| *foreign == name)
            && !faces.is_empty()
        {
            let place = places.faces.get(at).copied().unwrap_or_default();
            source.fault(place, &format!("procedures.{name}"), *says);
        }
    }
    let issues = institution.kind == Kind::Shinkumi;
    match (&institution.token.set_up, issues) {
        (SetUp::Activated { .. }, false) => source.fault(
            places.set_up,
            "token.set-up",
            "an activated token needs トークン発行, which a shinkin's pages do not have; \
             write self-provisioned, or kind = \"shinkumi\"",
        ),
        (SetUp::SelfProvisioned, true) => source.fault(
            places.set_up,
            "token.set-up",
            "a shinkumi issues its tokens, so a token cannot set itself up; write activated",
        ),
        _ => {}
    }
}

fn faces(source: &Source<'_>, institution: &Institution, places: &Places) {
    let procedures = &institution.procedures;
    let needs_issue = institution.kind == Kind::Shinkumi && procedures.issue.is_empty();
    for (name, missing) in [
        ("start", procedures.start.is_empty()),
        ("issue", needs_issue),
    ] {
        if missing {
            source.fault(
                places.procedures,
                &format!("procedures.{name}"),
                format!("no customer could begin; add {name} = [\"pc\", \"smartphone\"]"),
            );
        }
    }
    for (at, (name, faces)) in procedures.faces().into_iter().enumerate() {
        if !faces.contains(&Face::Feature) {
            continue;
        }
        let says = match name {
            "stop" => "利用中止 is not on the pages for feature phones; take feature out",
            "signing" => "取引認証 needs the app, which no feature phone has; take feature out",
            _ if institution.hardware.is_none() => {
                "a feature phone needs a hardware token and none is offered; \
                 take feature out, or set hardware.offered = true"
            }
            _ => continue,
        };
        let place = places.faces.get(at).copied().unwrap_or_default();
        source.fault(place, &format!("procedures.{name}"), says);
    }
}
