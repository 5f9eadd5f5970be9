//! Checkpoints (C2SP tlog-checkpoint) and what witnesses say of them (C2SP tlog-cosignature).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pod_crypto::{PublicKey, SigningKey};

use super::LogFault;
use super::note::{Algorithm, MAX_NOTE_SIGNATURES, Note, NoteSignature, key_id};
use crate::ids::Principal;
use crate::merkle::Hash;
use crate::registry::Registry;
use crate::statement::Role;

/// How a witness's text begins: what it signs can be taken for nothing else.
const COSIGNATURE_HEAD: &str = "cosignature/v1\ntime ";

/// How long a log was, and what its leaves hash to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log it is: the member that runs the directory.
    pub origin: Principal,
    /// How many leaves it has.
    pub size: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed: three lines.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Reads the text. Extension lines are refused: this log has none, and what is signed is understood.
    ///
    /// # Errors
    /// [`LogFault::Note`].
    pub fn from_text(text: &str) -> Result<Self, LogFault> {
        let lines: Vec<&str> = text.strip_suffix('\n').ok_or(LogFault::Note)?.split('\n').collect();
        let [origin, size, root] = lines.as_slice() else { return Err(LogFault::Note) };
        let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok());
        let checkpoint = Self {
            origin: origin.parse().map_err(|_| LogFault::Note)?,
            size: size.parse().map_err(|_| LogFault::Note)?,
            root: root.ok_or(LogFault::Note)?,
        };
        // One text for each checkpoint: no leading zeros, no sign.
        if checkpoint.text() == text { Ok(checkpoint) } else { Err(LogFault::Note) }
    }

    /// What a witness signs at a time.
    fn witnessed_text(&self, time_secs: u64) -> String {
        format!("{COSIGNATURE_HEAD}{time_secs}\n{}", self.text())
    }

    /// A witness's word that it saw this checkpoint at `time_secs`, and no other history of this log before.
    #[must_use]
    pub fn cosign(&self, witness: Principal, key: &SigningKey, time_secs: u64) -> NoteSignature {
        let signature = key.sign(self.witnessed_text(time_secs).as_bytes());
        NoteSignature {
            name: witness,
            key_id: key_id(&witness, Algorithm::Cosignature, &key.public_key()),
            blob: [&time_secs.to_be_bytes()[..], &signature].concat(),
        }
    }

    /// When this key cosigned it; none when the line is another's, or does not hold.
    #[must_use]
    pub fn cosigned_secs(&self, line: &NoteSignature, key: &PublicKey) -> Option<u64> {
        if line.key_id != key_id(&line.name, Algorithm::Cosignature, key) {
            return None;
        }
        let (time, signature) = line.blob.split_first_chunk::<8>()?;
        let time_secs = u64::from_be_bytes(*time);
        key.verify(self.witnessed_text(time_secs).as_bytes(), signature.try_into().ok()?).ok()?;
        Some(time_secs)
    }
}

/// When a witness saw a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The witness.
    pub witness: Principal,
    /// When.
    pub time_secs: u64,
}

/// A checkpoint with signatures, of which none has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Signs a checkpoint with the log's key.
    #[must_use]
    pub fn sign(checkpoint: Checkpoint, key: &SigningKey) -> Self {
        let text = checkpoint.text();
        let signature = NoteSignature {
            name: checkpoint.origin,
            key_id: key_id(&checkpoint.origin, Algorithm::Ed25519, &key.public_key()),
            blob: key.sign(text.as_bytes()).to_vec(),
        };
        Self { checkpoint, note: Note { text, signatures: vec![signature] } }
    }

    /// Reads a note whose text is a checkpoint.
    ///
    /// # Errors
    /// [`LogFault::Note`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LogFault> {
        let note = Note::from_bytes(bytes)?;
        Ok(Self { checkpoint: Checkpoint::from_text(&note.text)?, note })
    }

    /// The note.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.note.to_bytes()
    }

    /// What it says. Whether that is true is for [`SignedCheckpoint::verify`] to say.
    #[must_use]
    pub fn unverified(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The signature lines, none of them checked.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.note.signatures
    }

    /// Adds a witness's line. One of a witness that is there already takes its place. A note that is full takes no more.
    pub fn add(&mut self, line: NoteSignature) {
        self.note.signatures.retain(|other| (other.name, other.key_id) != (line.name, line.key_id));
        if self.note.signatures.len() < MAX_NOTE_SIGNATURES {
            self.note.signatures.push(line);
        }
    }

    /// Checks that a member that runs the directory signed it, and gives what it says.
    ///
    /// # Errors
    /// [`LogFault::Signature`].
    pub fn verify(&self, registry: &Registry) -> Result<&Checkpoint, LogFault> {
        let origin = &self.checkpoint.origin;
        let member =
            registry.organisation(origin).filter(|member| member.has(Role::Directory) && !member.is_suspended());
        let keys = member.ok_or(LogFault::Signature)?.keys();
        if keys.iter().any(|key| self.is_signed_by(key)) { Ok(&self.checkpoint) } else { Err(LogFault::Signature) }
    }

    /// Whether the log's line under this key holds.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let id = key_id(&self.checkpoint.origin, Algorithm::Ed25519, key);
        let lines = self.note.signatures.iter().filter(|line| line.name == self.checkpoint.origin && line.key_id == id);
        lines
            .filter_map(|line| line.blob.as_slice().try_into().ok())
            .any(|signature| key.verify(self.note.text.as_bytes(), signature).is_ok())
    }

    /// Which members other than the directory's own saw it, and when: of each its latest word. Lines that do not hold, and
    /// those of strangers and of the suspended, count for nothing.
    #[must_use]
    pub fn witnesses(&self, registry: &Registry) -> Vec<Seen> {
        let mut seen: Vec<Seen> = Vec::new();
        for line in &self.note.signatures {
            let member = registry.organisation(&line.name).filter(|member| !member.is_suspended());
            let Some(member) = member.filter(|_| line.name != self.checkpoint.origin) else { continue };
            let times = member.keys().iter().filter_map(|key| self.checkpoint.cosigned_secs(line, key));
            let Some(time_secs) = times.max() else { continue };
            match seen.iter_mut().find(|one| one.witness == line.name) {
                Some(one) => one.time_secs = one.time_secs.max(time_secs),
                None => seen.push(Seen { witness: line.name, time_secs }),
            }
        }
        seen
    }
}
