//! Keys in phones.

use skts_provisioning::statement::AndroidStatement;
use x509_parser::pem::Pem;

use super::chains::{Attests, Says};
use super::*;

const ID: &[u8] = b"0123456789abcdef0123456789abcdef";

fn statement(certificates: Vec<Vec<u8>>) -> Vec<u8> {
    Statement::Android(AndroidStatement {
        bound_to: ID.to_vec(),
        certificates,
    })
    .encode()
}

/// What becomes of a chain in which the leaf says this.
fn leaf_says(change: impl FnOnce(&mut Attests<'_>)) -> Result<Assessed, Doubt> {
    let (pinned, key) = (Pinned::new(), KeyPair::generate().unwrap());
    let challenge = android_challenge(ID);
    let mut says = Attests::good(&challenge);
    change(&mut says);
    let leaf = pinned.between.sign(&key, says.says());
    let chain = statement(vec![leaf, pinned.between.der(), pinned.maker.der()]);
    assess(&pinned.trust, &chain, &spki(&key), NOW)
}

#[test]
fn a_key_in_a_phone_as_it_should_be_is_attested() {
    for level in [1, 2] {
        let assessed = leaf_says(|says| (says.level, says.key_level) = (level, level));
        assert_eq!(assessed, Ok(Assessed::Proved));
    }
    assert_eq!(
        leaf_says(|says| says.purposes = &[2, 3]),
        Ok(Assessed::Proved)
    );
    assert_eq!(Assessed::Proved.level(), AssuranceLevel::L3);
}

#[test]
fn what_a_leaf_should_not_say_is_refused() {
    type Change = fn(&mut Attests<'_>);
    let cases: [(Change, Doubt); 12] = [
        (|says| says.level = 0, Doubt::Software),
        (|says| says.key_level = 0, Doubt::Software),
        (|says| says.challenge = b"another", Doubt::Challenge),
        (|says| says.purposes = &[3], Doubt::KeyKind),
        (|says| says.purposes = &[2, 7], Doubt::KeyKind),
        (|says| says.origin = 2, Doubt::KeyKind),
        (|says| says.for_all = true, Doubt::KeyKind),
        (|says| says.locked = false, Doubt::Boot),
        (|says| says.boot = 1, Doubt::Boot),
        (|says| says.boot = 2, Doubt::Boot),
        (|says| says.package = "jp.example.other", Doubt::App),
        (|says| says.signer = [1; 32], Doubt::App),
    ];
    for (at, (change, doubt)) in cases.into_iter().enumerate() {
        assert_eq!(leaf_says(change), Err(doubt), "case {at}");
    }
}

#[test]
fn a_forged_re_rooted_expired_or_shortened_chain_is_refused() {
    let (pinned, key) = (Pinned::new(), KeyPair::generate().unwrap());
    let (trust, spki) = (&pinned.trust, spki(&key));
    let challenge = android_challenge(ID);
    let says = || Attests::good(&challenge).says();
    let leaf = pinned.between.sign(&key, says());
    let assess = |chain| assess(trust, &statement(chain), &spki, NOW);

    let stranger = Maker::root("Root");
    let theirs = stranger.sign(&key, says());
    assert_eq!(assess(vec![theirs, stranger.der()]), Err(Doubt::Chain));
    assert_eq!(assess(vec![leaf.clone()]), Err(Doubt::Chain));

    let mut forged = leaf.clone();
    let at = forged.len() - 1;
    forged[at] ^= 1;
    assert_eq!(
        assess(vec![forged, pinned.between.der()]),
        Err(Doubt::Chain)
    );

    let late = Says {
        until: 2026,
        ..says()
    };
    let late = pinned.between.sign(&key, late);
    assert_eq!(assess(vec![late, pinned.between.der()]), Err(Doubt::Chain));

    // An attested key that signs on: it is no authority.
    let attested = KeyPair::generate().unwrap();
    let second = pinned.between.sign(&attested, says());
    assert_eq!(
        assess(vec![leaf, second, pinned.between.der()]),
        Err(Doubt::Extension),
        "another certificate of the chain speaks too"
    );
}

#[test]
fn a_level_inflated_in_a_second_extension_is_refused() {
    // The authority in the middle is an attested key that may sign, as some keystores make them: it
    // was attested in software and says of its own creature that it is in hardware.
    let (pinned, key) = (Pinned::new(), KeyPair::generate().unwrap());
    let challenge = android_challenge(ID);
    let mut says = Attests::good(&challenge);
    says.level = 0;
    let middle = Maker::under("Middle", &pinned.between, vec![says.extension()]);
    let leaf = middle.sign(&key, Attests::good(&challenge).says());
    let chain = statement(vec![leaf, middle.der(), pinned.between.der()]);
    let assessed = assess(&pinned.trust, &chain, &spki(&key), NOW);
    assert_eq!(assessed, Err(Doubt::Extension));

    // Two in one certificate: X.509 has each once.
    let twice = Says {
        extensions: vec![says.extension(), Attests::good(&challenge).extension()],
        ..Says::default()
    };
    let chain = statement(vec![pinned.between.sign(&key, twice), pinned.between.der()]);
    assess(&pinned.trust, &chain, &spki(&key), NOW).unwrap_err();
}

#[test]
fn another_devices_certificate_is_refused() {
    let (pinned, key) = (Pinned::new(), KeyPair::generate().unwrap());
    let other = KeyPair::generate().unwrap();
    let challenge = android_challenge(ID);
    let leaf = pinned
        .between
        .sign(&other, Attests::good(&challenge).says());
    let chain = statement(vec![leaf, pinned.between.der()]);
    let assessed = assess(&pinned.trust, &chain, &spki(&key), NOW);
    assert_eq!(assessed, Err(Doubt::OtherKey));
}

#[test]
fn a_revoked_certificate_anywhere_in_the_chain_is_refused() {
    let (mut pinned, key) = (Pinned::new(), KeyPair::generate().unwrap());
    let challenge = android_challenge(ID);
    let says = Says {
        serial: 0xc357_47a0,
        ..Attests::good(&challenge).says()
    };
    let leaf = pinned.between.sign(&key, says);
    let between = pinned.between.der();
    let serial = parse(&between).unwrap().tbs_certificate.serial.to_string();
    let chain = statement(vec![leaf, between]);
    let lists = [
        r#"{"entries":{"C35747A0":{"status":"REVOKED"}}}"#.to_owned(),
        r#"{"entries":{"3277277088":{"status":"SUSPENDED"}}}"#.to_owned(),
        format!(r#"{{"entries":{{"{serial}":{{"status":"REVOKED"}}}}}}"#),
    ];
    for list in lists {
        pinned.revoke(&list);
        let assessed = assess(&pinned.trust, &chain, &spki(&key), NOW);
        assert_eq!(assessed, Err(Doubt::Revoked), "{list}");
    }
    pinned.revoke(r#"{"entries":{"c35747a1":{"status":"REVOKED"}}}"#);
    let assessed = assess(&pinned.trust, &chain, &spki(&key), NOW);
    assert_eq!(assessed, Ok(Assessed::Proved));
}

#[test]
fn without_an_app_nothing_is_believed() {
    let (mut pinned, key) = (Pinned::new(), KeyPair::generate().unwrap());
    pinned.trust.app = None;
    let challenge = android_challenge(ID);
    let leaf = pinned.between.sign(&key, Attests::good(&challenge).says());
    let chain = statement(vec![leaf, pinned.between.der()]);
    let assessed = assess(&pinned.trust, &chain, &spki(&key), NOW);
    assert_eq!(assessed, Err(Doubt::App));
}

#[test]
fn an_extension_cut_or_changed_at_any_byte_is_no_panic() {
    let challenge = android_challenge(ID);
    let whole = Attests::good(&challenge).description();
    let app = AndroidApp {
        package: PACKAGE.to_owned(),
        signers: vec![SIGNER],
    };
    let check = |bytes: &[u8]| super::super::android::check_extension(bytes, &app, &challenge);
    assert_eq!(check(&whole), Ok(()));
    for cut in 0..whole.len() {
        assert!(check(&whole[..cut]).is_err(), "cut at {cut}");
    }
    let longer = [whole.as_slice(), &[0]].concat();
    assert_eq!(check(&longer), Err(Doubt::Malformed));
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            let _ = check(&changed);
        }
    }
}

/// A phone's chain of 2023, and the root it has in common with those that are built in.
fn published() -> (Vec<Vec<u8>>, Trust) {
    let read = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let pems = Pem::iter_from_buffer(bytes);
        pems.map(|pem| pem.unwrap().contents).collect()
    };
    let data = "tests/data/attestation/pixel-tee-2023.pem";
    let chain = read(&std::fs::read(data).unwrap());
    let signer = "68856d1d06f637d6255face5b224db43a9514ace538bb1548b844480fcd85c87";
    let mut trust = Trust {
        app: Some(AndroidApp {
            package: "com.google.attestationexample".to_owned(),
            signers: vec![hex::decode(signer).unwrap().try_into().unwrap()],
        }),
        ..Trust::default()
    };
    for root in ["google-rsa", "google-ca1"] {
        let pem = std::fs::read(format!("attestation-roots/android/{root}.pem")).unwrap();
        for root in read(&pem) {
            trust.android.pin(&root, &Revoked::default()).unwrap();
        }
    }
    (chain, trust)
}

#[test]
fn a_published_chain_of_a_phone_holds_while_it_is_valid_and_only_for_its_own_key() {
    // 1 March 2023, and the day after the last of its certificates ended.
    let (then, after) = (1_677_628_800, 1_679_900_000);
    let (certificates, trust) = published();
    let spki = parse(&certificates[0]).unwrap().public_key().raw.to_vec();
    let said = AndroidStatement {
        bound_to: ID.to_vec(),
        certificates: certificates.clone(),
    };
    let check = |trust: &Trust, challenge: &[u8], spki: &[u8], at| {
        let at = UnixTime::from_secs(at);
        super::super::android::check(trust, &said, challenge, spki, at)
    };
    assert_eq!(check(&trust, b"challenge", &spki, then), Ok(()));
    assert_eq!(check(&trust, b"challenge", &spki, after), Err(Doubt::Chain));
    assert_eq!(check(&trust, b"other", &spki, then), Err(Doubt::Challenge));
    let key = super::spki(&KeyPair::generate().unwrap());
    assert_eq!(
        check(&trust, b"challenge", &key, then),
        Err(Doubt::OtherKey)
    );
    let (_, mut revoking) = published();
    let list = r#"{"entries":{"d05facf443ed535548d994f6845e6d3c":{"status":"REVOKED"}}}"#;
    revoking.revoked = Revoked::parse(list.as_bytes()).unwrap();
    assert_eq!(
        check(&revoking, b"challenge", &spki, then),
        Err(Doubt::Revoked)
    );
    let unpinned = Trust {
        app: trust.app.clone(),
        ..Trust::default()
    };
    assert_eq!(
        check(&unpinned, b"challenge", &spki, then),
        Err(Doubt::Chain)
    );
    // And the challenge is not ours: as a statement it is worth nothing.
    let bytes = Statement::Android(said.clone()).encode();
    let assessed = assess(&trust, &bytes, &spki, UnixTime::from_secs(then));
    assert_eq!(assessed, Err(Doubt::Challenge));
}
