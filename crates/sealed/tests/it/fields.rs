//! Records of length-prefixed fields, and hashes over them.

use proptest::prelude::*;
use skts_sealed::{FieldError, FieldReader, FieldWriter, LabelledHash};

#[derive(Debug, Clone)]
enum Field {
    Bytes(Vec<u8>),
    Number(u64),
}

fn fields() -> impl Strategy<Value = Vec<Field>> {
    let field = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Field::Bytes),
        any::<u64>().prop_map(Field::Number),
    ];
    prop::collection::vec(field, 0..8)
}

fn written(fields: &[Field]) -> Vec<u8> {
    let writer = fields
        .iter()
        .fold(FieldWriter::new(), |writer, field| match field {
            Field::Bytes(bytes) => writer.bytes(bytes),
            Field::Number(number) => writer.u64(*number),
        });
    writer.finish().expose_secret().to_vec()
}

fn read(record: &[u8], like: &[Field]) -> Result<(), FieldError> {
    let mut reader = FieldReader::new(record);
    for field in like {
        match field {
            Field::Bytes(bytes) => assert_eq!(reader.bytes()?, bytes),
            Field::Number(number) => assert_eq!(reader.u64()?, *number),
        }
    }
    reader.end()
}

proptest! {
    #[test]
    fn what_is_written_is_read(fields in fields()) {
        prop_assert_eq!(read(&written(&fields), &fields), Ok(()));
    }

    #[test]
    fn a_record_cut_anywhere_is_truncated(fields in fields()) {
        let record = written(&fields);
        for len in 0..record.len() {
            prop_assert_eq!(read(&record[..len], &fields), Err(FieldError::Truncated));
        }
    }

    #[test]
    fn bytes_behind_the_last_field_are_told(
        fields in fields(),
        tail in prop::collection::vec(any::<u8>(), 1..9),
    ) {
        let record = [written(&fields), tail].concat();
        prop_assert_eq!(read(&record, &fields), Err(FieldError::TrailingBytes));
    }

    #[test]
    fn any_bytes_are_read_to_an_end_without_a_panic(record in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut reader = FieldReader::new(&record);
        let mut taken = 0;
        while let Ok(field) = reader.bytes() {
            taken += 4 + field.len();
        }
        prop_assert!(taken <= record.len());
        prop_assert_eq!(reader.end().is_ok(), taken == record.len());
        let _ = FieldReader::new(&record).u64();
    }

    #[test]
    fn a_number_has_eight_bytes(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
        let record = written(&[Field::Bytes(bytes.clone())]);
        let number = FieldReader::new(&record).u64();
        match <[u8; 8]>::try_from(bytes) {
            Ok(bytes) => prop_assert_eq!(number, Ok(u64::from_be_bytes(bytes))),
            Err(_) => prop_assert_eq!(number, Err(FieldError::NotANumber)),
        }
    }

    #[test]
    fn two_inputs_have_one_hash_only_if_they_are_one(
        one in labelled(),
        other in prop_oneof![labelled(), labelled()],
        split in any::<prop::sample::Index>(),
    ) {
        prop_assert_eq!(one == other, hashed(&one) == hashed(&other));
        // The same bytes, divided otherwise.
        if let Some(first) = one.1.first().filter(|first| !first.is_empty()) {
            let (front, back) = first.split_at(split.index(first.len()));
            let mut divided = vec![front.to_vec(), back.to_vec()];
            divided.extend_from_slice(&one.1[1..]);
            prop_assert_ne!(hashed(&one), hashed(&(one.0.clone(), divided)));
        }
    }
}

type Labelled = (String, Vec<Vec<u8>>);

fn labelled() -> impl Strategy<Value = Labelled> {
    // Few labels and bytes, so that equal inputs do come up.
    let field = prop::collection::vec(0_u8..2, 0..3);
    ("[ab]{0,2}", prop::collection::vec(field, 0..3))
}

fn hashed((label, fields): &Labelled) -> ([u8; 32], [u8; 64]) {
    let hash = fields
        .iter()
        .fold(LabelledHash::new(label), |hash, field| hash.field(field));
    (hash.clone().sha256(), hash.sha512())
}

#[test]
fn a_field_longer_than_any_memory_is_truncated() {
    for len in [1, 5, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        let record = [&len.to_be_bytes()[..], &[]].concat();
        assert_eq!(
            FieldReader::new(&record).bytes(),
            Err(FieldError::Truncated)
        );
    }
}

#[test]
fn a_label_is_no_field_and_a_field_is_no_label() {
    let inputs = [
        LabelledHash::new("a"),
        LabelledHash::new("a").field(b""),
        LabelledHash::new("").field(b"a"),
        LabelledHash::new("").field(b"").field(b"a"),
        LabelledHash::new("a").field(b"").field(b""),
    ];
    let hashes: std::collections::HashSet<[u8; 32]> =
        inputs.into_iter().map(LabelledHash::sha256).collect();
    assert_eq!(hashes.len(), 5);
}
