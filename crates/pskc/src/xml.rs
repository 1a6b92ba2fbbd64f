//! XML, as little of it as a key file needs: one child of the root at a time, within limits.
//!
//! Entities are the five predefined ones and characters by number; nothing else can be defined, since
//! a document type is refused, and nothing is ever fetched. The text of an element may be a secret:
//! it is wiped with the element.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use zeroize::Zeroizing;

use crate::error::{ElementError, FileError, KeyFileError, XmlError};

/// The root's children are 1; RFC 6030 needs 7 (`CipherValue`).
const MOST_DEPTH: usize = 16;
const MOST_ATTRIBUTES: usize = 16;
/// In one child of the root; RFC 6030's have under 40.
const MOST_ELEMENTS: usize = 256;

/// The namespaces that we tell apart. Several addresses stand for one where makers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// None at all.
    Absent,
    /// RFC 6030.
    Pskc,
    /// XML Encryption.
    Encryption,
    /// XML Encryption 1.1 and PKCS #5, which both have the parameters of PBKDF2.
    Derivation,
    /// XML Signature.
    Signature,
    /// Somebody's extension.
    Foreign,
}

impl Namespace {
    fn of(resolved: &ResolveResult<'_>) -> Result<Self, XmlError> {
        let namespace = match resolved {
            ResolveResult::Unbound => return Ok(Self::Absent),
            ResolveResult::Unknown(_) => return Err(XmlError::Malformed),
            ResolveResult::Bound(namespace) => namespace.as_ref(),
        };
        Ok(match namespace {
            "urn:ietf:params:xml:ns:keyprov:pskc" => Self::Pskc,
            "http://www.w3.org/2001/04/xmlenc#" => Self::Encryption,
            "http://www.w3.org/2009/xmlenc11#"
            | "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#"
            | "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5#" => Self::Derivation,
            "http://www.w3.org/2000/09/xmldsig#" => Self::Signature,
            _ => Self::Foreign,
        })
    }
}

/// What may stand in an element. What may not is refused, never passed over.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) attributes: &'static [&'static str],
    /// Each at most once, in any order. An element without any may hold text.
    pub(crate) children: &'static [(Namespace, &'static str)],
    /// Those of the children that may come again.
    pub(crate) repeated: &'static [&'static str],
    /// Whether attributes of other namespaces may be added, and elements where there are any: they
    /// mean nothing to us.
    pub(crate) open: bool,
}

impl Shape {
    /// An element with text and nothing else.
    pub(crate) const fn text(name: &'static str) -> Self {
        Self::of(name, &[])
    }

    /// An element with children and nothing else.
    pub(crate) const fn of(
        name: &'static str,
        children: &'static [(Namespace, &'static str)],
    ) -> Self {
        Self {
            name,
            attributes: &[],
            children,
            repeated: &[],
            open: false,
        }
    }
}

/// One element with all that is in it.
pub(crate) struct Element {
    pub(crate) namespace: Namespace,
    pub(crate) name: String,
    attributes: Vec<(Namespace, String, String)>,
    text: Zeroizing<String>,
    children: Vec<Element>,
}

impl Element {
    /// Refuses what `shape` does not know.
    pub(crate) fn check(&self, shape: &Shape) -> Result<(), ElementError> {
        let unknown = ElementError::Unknown { within: shape.name };
        for (namespace, name, _) in &self.attributes {
            let known = *namespace == Namespace::Absent && shape.attributes.contains(&&**name);
            let added = *namespace == Namespace::Foreign && shape.open;
            if !known && !added {
                return Err(unknown);
            }
        }
        if !shape.children.is_empty() && !self.text.trim().is_empty() {
            return Err(unknown);
        }
        let extensible = shape.open && !shape.children.is_empty();
        let mut seen: Vec<&str> = Vec::new();
        for child in &self.children {
            let known = |(namespace, name): &&(Namespace, &'static str)| {
                *namespace == child.namespace && *name == child.name
            };
            match shape.children.iter().find(known) {
                Some((_, name)) if seen.contains(name) && !shape.repeated.contains(name) => {
                    return Err(ElementError::Repeated { name });
                }
                Some((_, name)) => seen.push(name),
                None if extensible && child.namespace == Namespace::Foreign => {}
                None => return Err(unknown),
            }
        }
        Ok(())
    }

    /// The first child of that name in a namespace that we know.
    pub(crate) fn child(&self, name: &'static str) -> Option<&Element> {
        self.children_named(name).next()
    }

    pub(crate) fn children_named(&self, name: &'static str) -> impl Iterator<Item = &Element> {
        let wanted =
            move |child: &&Element| child.namespace != Namespace::Foreign && child.name == name;
        self.children.iter().filter(wanted)
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<&Element, ElementError> {
        self.child(name).ok_or(ElementError::Missing { name })
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let wanted = self
            .attributes
            .iter()
            .find(|(namespace, found, _)| *namespace == Namespace::Absent && found == name);
        wanted.map(|(_, _, value)| value.as_str())
    }

    /// The text without the white space around it.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The text of a child that holds nothing else, if it is there.
    pub(crate) fn child_text(&self, name: &'static str) -> Result<Option<&str>, ElementError> {
        let Some(child) = self.child(name) else {
            return Ok(None);
        };
        child.check(&Shape {
            open: true,
            ..Shape::text(name)
        })?;
        Ok(Some(child.text()))
    }

    /// Adds to the text and leaves no copy of it behind when it has to move.
    fn push_text(&mut self, more: &str) {
        let needed = self.text.len().saturating_add(more.len());
        if needed > self.text.capacity() {
            let room = needed.max(self.text.capacity().saturating_mul(2));
            let mut moved = Zeroizing::new(String::with_capacity(room));
            moved.push_str(&self.text);
            self.text = moved;
        }
        self.text.push_str(more);
    }
}

/// Reads the children of a document's root, one whole child at a time.
pub(crate) struct Document<'a> {
    reader: NsReader<&'a [u8]>,
}

impl<'a> Document<'a> {
    /// Reads up to the root's start tag; the root comes without its children.
    ///
    /// # Errors
    /// [`XmlError`]; [`FileError::Encoding`] if the declaration tells another encoding than UTF-8.
    pub(crate) fn open(text: &'a str) -> Result<(Self, Element), KeyFileError> {
        let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        let mut document = Self { reader };
        let mut first = true;
        loop {
            let (namespace, event) = document.event()?;
            match event {
                Event::Start(start) => {
                    let root = document.element(namespace, &start)?;
                    return Ok((document, root));
                }
                Event::Decl(declaration) if first => check_declaration(&declaration)?,
                Event::Comment(_) => {}
                Event::Text(text) if text.trim().is_empty() => {}
                Event::DocType(_) => return Err(XmlError::DocumentType.into()),
                _ => return Err(XmlError::Malformed.into()),
            }
            first = false;
        }
    }

    /// The next child, or none when the root has ended and nothing follows it.
    pub(crate) fn next_child(&mut self) -> Result<Option<Element>, XmlError> {
        let mut open: Vec<Element> = Vec::new();
        let mut elements = 0_usize;
        loop {
            let (namespace, event) = self.event()?;
            match event {
                Event::Start(start) => {
                    elements = elements.saturating_add(1);
                    if open.len() >= MOST_DEPTH {
                        return Err(XmlError::TooDeep);
                    }
                    if elements > MOST_ELEMENTS {
                        return Err(XmlError::TooManyElements);
                    }
                    open.push(self.element(namespace, &start)?);
                }
                Event::End(_) => match (open.pop(), open.last_mut()) {
                    (None, _) => return self.end(),
                    (Some(child), None) => return Ok(Some(child)),
                    (Some(child), Some(parent)) => parent.children.push(child),
                },
                Event::Text(text) => push_text(&mut open, &text)?,
                Event::CData(text) => push_text(&mut open, &text)?,
                Event::GeneralRef(reference) => push_reference(&mut open, &reference)?,
                Event::Comment(_) => {}
                Event::DocType(_) => return Err(XmlError::DocumentType),
                Event::Decl(_) | Event::PI(_) | Event::Eof | Event::Empty(_) => {
                    return Err(XmlError::Malformed);
                }
            }
        }
    }

    /// Nothing but white space and comments may follow the root.
    fn end(&mut self) -> Result<Option<Element>, XmlError> {
        loop {
            match self.event()?.1 {
                Event::Eof => return Ok(None),
                Event::Comment(_) => {}
                Event::Text(text) if text.trim().is_empty() => {}
                Event::DocType(_) => return Err(XmlError::DocumentType),
                _ => return Err(XmlError::Malformed),
            }
        }
    }

    fn event(&mut self) -> Result<(ResolvedNamespace, Event<'a>), XmlError> {
        match self.reader.read_resolved_event() {
            Ok((resolved, event)) => Ok((Namespace::of(&resolved), event)),
            // The reader has a limit of its own to the namespaces in scope: 128.
            Err(quick_xml::Error::Namespace(_)) => Err(XmlError::TooManyAttributes),
            Err(_) => Err(XmlError::Malformed),
        }
    }

    fn element(
        &self,
        namespace: ResolvedNamespace,
        start: &BytesStart<'_>,
    ) -> Result<Element, XmlError> {
        let mut attributes = Vec::new();
        for (index, attribute) in start.attributes().enumerate() {
            if index >= MOST_ATTRIBUTES {
                return Err(XmlError::TooManyAttributes);
            }
            let attribute = attribute.map_err(|_| XmlError::Malformed)?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let (resolved, name) = self.reader.resolver().resolve_attribute(attribute.key);
            // No attribute that we read has a namespace: one that has is somebody's extension.
            let namespace = match Namespace::of(&resolved)? {
                Namespace::Absent => Namespace::Absent,
                _ => Namespace::Foreign,
            };
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| XmlError::Malformed)?;
            attributes.push((namespace, name.as_ref().to_owned(), value.into_owned()));
        }
        Ok(Element {
            namespace: namespace?,
            name: start.local_name().as_ref().to_owned(),
            attributes,
            text: Zeroizing::default(),
            children: Vec::new(),
        })
    }
}

/// Judged only where a name was resolved: an event without a name has no namespace to be wrong.
type ResolvedNamespace = Result<Namespace, XmlError>;

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), KeyFileError> {
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("UTF-8") => Ok(()),
        Some(Ok(_)) => Err(FileError::Encoding.into()),
        Some(Err(_)) => Err(XmlError::Malformed.into()),
    }
}

fn push_text(open: &mut [Element], text: &str) -> Result<(), XmlError> {
    match open.last_mut() {
        Some(element) => element.push_text(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlError::Malformed),
    }
    Ok(())
}

fn push_reference(open: &mut [Element], reference: &BytesRef<'_>) -> Result<(), XmlError> {
    let character = reference
        .resolve_char_ref()
        .map_err(|_| XmlError::Malformed)?;
    match character {
        Some(character) => push_text(open, character.encode_utf8(&mut [0; 4])),
        None => push_text(
            open,
            resolve_predefined_entity(reference).ok_or(XmlError::Malformed)?,
        ),
    }
}
