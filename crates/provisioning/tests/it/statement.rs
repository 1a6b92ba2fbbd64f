//! Statements of hardware, whole and damaged.

use proptest::prelude::*;
use skts_provisioning::device::MAX_STATEMENT_BYTES;
use skts_provisioning::statement::{
    AndroidStatement, Credential, MAX_CERTIFICATES, Statement, StatementError, TpmStatement,
    android_challenge,
};

fn tpm(certificates: usize) -> Statement {
    Statement::Tpm(TpmStatement {
        public: vec![1; 88],
        certificates: (0..certificates).map(|_| vec![0x30; 700]).collect(),
    })
}

fn android() -> Statement {
    Statement::Android(AndroidStatement {
        bound_to: b"0123456789abcdef0123456789abcdef".to_vec(),
        certificates: vec![vec![0x30; 700], vec![0x30; 900]],
    })
}

#[test]
fn a_statement_reads_back() {
    for statement in [Statement::None, tpm(1), tpm(MAX_CERTIFICATES), android()] {
        let bytes = statement.encode();
        assert_eq!(Statement::decode(&bytes), Ok(statement));
    }
}

#[test]
fn the_bytes_of_a_statement_are_what_backends_write() {
    let statement = Statement::Tpm(TpmStatement {
        public: vec![7],
        certificates: vec![vec![8], vec![9, 9]],
    });
    let expected = b"\0\0\0\x09tpm-ek/v1\0\0\0\x01\x07\0\0\0\x01\x08\0\0\0\x02\x09\x09";
    assert_eq!(statement.encode(), expected);
    let statement = Statement::Android(AndroidStatement {
        bound_to: b"id".to_vec(),
        certificates: vec![vec![8]],
    });
    let expected = b"\0\0\0\x0eandroid-key/v1\0\0\0\x02id\0\0\0\x01\x08";
    assert_eq!(statement.encode(), expected);
}

#[test]
fn a_statement_out_of_its_bounds_is_refused() {
    let malformed = Err(StatementError::Malformed);
    let whole = android().encode();
    for cut in 1..whole.len() {
        // Cut between certificates it is a statement with fewer of them.
        let decoded = Statement::decode(&whole[..cut]);
        if let Ok(Statement::Android(statement)) = &decoded {
            assert_eq!(statement.certificates.len(), 1, "{cut}");
        } else {
            assert_eq!(decoded, malformed, "{cut}");
        }
    }
    assert_eq!(Statement::decode(&tpm(0).encode()), malformed);
    assert_eq!(
        Statement::decode(&tpm(MAX_CERTIFICATES + 1).encode()),
        malformed
    );
    let long = Statement::Tpm(TpmStatement {
        public: vec![1],
        certificates: vec![vec![0x30; MAX_STATEMENT_BYTES]],
    });
    assert_eq!(Statement::decode(&long.encode()), malformed);
    for public in [0, 257] {
        let statement = Statement::Tpm(TpmStatement {
            public: vec![1; public],
            certificates: vec![vec![0x30]],
        });
        assert_eq!(
            Statement::decode(&statement.encode()),
            malformed,
            "{public}"
        );
    }
    let unknown = b"\0\0\0\x09tpm-ek/v2\0\0\0\x01\x07\0\0\0\x01\x08";
    assert_eq!(Statement::decode(unknown), Err(StatementError::UnknownKind));
}

#[test]
fn a_credential_reads_back_and_is_refused_when_cut() {
    let credential = Credential {
        id_object: vec![1; 68],
        encrypted_secret: vec![2; 256],
    };
    let bytes = credential.encode();
    assert_eq!(Credential::decode(&bytes), Ok(credential));
    for cut in 0..bytes.len() {
        assert_eq!(
            Credential::decode(&bytes[..cut]),
            Err(StatementError::Malformed)
        );
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(Credential::decode(&longer), Err(StatementError::Malformed));
}

#[test]
fn the_challenge_of_an_android_key_is_frozen() {
    assert_eq!(
        hex::encode(android_challenge(b"0123456789abcdef0123456789abcdef")),
        "178bb3b8ec16af59eeae9bd6db4b910874eca150d310db60baa118817f02293b"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_decoded_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Statement::decode(&bytes);
        let _ = Credential::decode(&bytes);
        let tagged = [b"\0\0\0\x09tpm-ek/v1".as_slice(), &bytes].concat();
        if let Ok(statement) = Statement::decode(&tagged) {
            prop_assert_eq!(statement.encode(), tagged);
        }
    }
}
