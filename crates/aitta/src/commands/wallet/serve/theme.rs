//! What a city makes of the wallet: its names, colours and logo, whom to ask, and where its people log in first.

use std::fmt;
use std::fs;
use std::path::Path;

use pod_http::Origin;
use pod_protocol::registry::Registry;
use pod_protocol::statement::Role;
use pod_protocol::words::{Words, WordsFault};
use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::failure::Failure;

/// Largest theme file, in bytes: a logo and some words.
const MAX_THEME_BYTES: u64 = 64 * 1024;
/// Longest path of a logo, in characters: a coat of arms has some thousand.
const MAX_PATH_CHARACTERS: usize = 20_000;
/// Largest side of a logo's drawing, in its own units.
const MAX_SIDE: u32 = 10_000;
/// Letters and their ground: WCAG 2.2, 1.4.3.
const LEAST_CONTRAST: f64 = 4.5;
/// The ground of the wallet's pages in light colours.
const LIGHT_PAGE: Colour = Colour([0xff; 3]);

/// A theme that holds.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Theme {
    /// What the city calls itself.
    names: Words,
    colours: Colours,
    logo: Option<Logo>,
    /// Whom to ask, in words.
    contact: Option<Words>,
    /// The address of the privacy notice.
    privacy_notice: Option<String>,
    /// The short name of the organisation where people log in first.
    home: Option<String>,
}

/// One pair for light pages, one for dark ones.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Colours {
    light: Pair,
    dark: Pair,
}

/// What stands out, and what is written on it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    accent: String,
    on_accent: String,
}

/// A drawing in one colour.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Logo {
    width: u32,
    height: u32,
    /// As the `d` of an SVG path.
    path: String,
}

/// The file, as JSON. What may be left out has the plain theme's value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    names: WrittenWords,
    #[serde(default)]
    colours: Option<Colours>,
    #[serde(default)]
    logo: Option<Logo>,
    contact: WrittenWords,
    privacy_notice: String,
    home: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWords {
    fi: String,
    sv: String,
    en: String,
}

/// Why a file is no theme.
#[derive(Debug, thiserror::Error)]
pub(super) enum ThemeFault {
    #[error("it cannot be read")]
    Unreadable(#[source] std::io::Error),
    #[error("it is larger than {MAX_THEME_BYTES} bytes")]
    TooLarge,
    #[error("it is not the JSON of a theme")]
    Shape(#[source] serde_json::Error),
    #[error("`{member}` is not shown to people")]
    Words { member: &'static str, source: WordsFault },
    #[error("`{0}` is no colour: write # and six hexadecimal digits")]
    Colour(String),
    #[error("`{front}` on `{ground}` has a contrast of {contrast:.1} : 1, and people need {LEAST_CONTRAST} : 1")]
    Contrast { front: String, ground: String, contrast: f64 },
    #[error(
        "the logo is none: width and height are from 1 to {MAX_SIDE}, and its path is at most {MAX_PATH_CHARACTERS} \
         characters of an SVG path, which begins with M"
    )]
    Logo,
    #[error("`{0}` is no address of a privacy notice: write https://…")]
    PrivacyNotice(String),
    #[error("no holder of the federation is called `{0}`")]
    Home(String),
}

impl ThemeFault {
    /// Stable.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "theme-unreadable",
            Self::TooLarge => "theme-too-large",
            Self::Shape(_) => "theme-shape",
            Self::Words { .. } => "theme-words",
            Self::Colour(_) => "theme-colour",
            Self::Contrast { .. } => "theme-contrast",
            Self::Logo => "theme-logo",
            Self::PrivacyNotice(_) => "theme-privacy-notice",
            Self::Home(_) => "theme-home",
        }
    }

    /// As the command says it.
    pub(super) fn of(self, path: &Path) -> Failure {
        let failure = Failure::of(Exit::Usage, self.code(), self);
        Failure { message: format!("{} is no theme: {}", path.display(), failure.message), ..failure }
            .advise("docs/operating/serve-the-wallet.md has an example.")
    }
}

impl Theme {
    /// No city's: for a trial, and where nothing else is said.
    pub(super) fn plain() -> Result<Self, WordsFault> {
        let (names, colours) = (Words::new("Aitta", "Aitta", "Aitta")?, Colours::plain());
        Ok(Self { names, colours, logo: None, contact: None, privacy_notice: None, home: None })
    }

    /// Reads a file. That its home is a member is looked up by [`Theme::lives_in`].
    pub(super) fn read(path: &Path) -> Result<Self, ThemeFault> {
        let size = fs::metadata(path).map_err(ThemeFault::Unreadable)?.len();
        if size > MAX_THEME_BYTES {
            return Err(ThemeFault::TooLarge);
        }
        Self::of_json(&fs::read(path).map_err(ThemeFault::Unreadable)?)
    }

    fn of_json(json: &[u8]) -> Result<Self, ThemeFault> {
        let written: Written = serde_json::from_slice(json).map_err(ThemeFault::Shape)?;
        let words = |member, written: &WrittenWords| {
            let read = Words::new(&written.fi, &written.sv, &written.en);
            read.map_err(|source| ThemeFault::Words { member, source })
        };
        let theme = Self {
            names: words("names", &written.names)?,
            contact: Some(words("contact", &written.contact)?),
            colours: written.colours.unwrap_or_else(Colours::plain),
            logo: written.logo,
            privacy_notice: Some(written.privacy_notice),
            home: Some(written.home),
        };
        theme.check()?;
        Ok(theme)
    }

    fn check(&self) -> Result<(), ThemeFault> {
        for Pair { accent, on_accent } in [&self.colours.light, &self.colours.dark] {
            contrasts(Colour::read(on_accent)?, Colour::read(accent)?)?;
        }
        contrasts(Colour::read(&self.colours.light.accent)?, LIGHT_PAGE)?;
        if self.logo.as_ref().is_some_and(|logo| !logo.holds()) {
            return Err(ThemeFault::Logo);
        }
        match &self.privacy_notice {
            Some(url) if !url.starts_with("https://") || Origin::of_url(url).is_err() => {
                Err(ThemeFault::PrivacyNotice(url.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Checks that people can log in where it says.
    pub(super) fn lives_in(&self, registry: &Registry) -> Result<(), ThemeFault> {
        match &self.home {
            Some(home) if !registry.organisation_named(home).is_some_and(|one| one.has(Role::Holder)) => {
                Err(ThemeFault::Home(home.clone()))
            }
            _ => Ok(()),
        }
    }
}

impl Colours {
    fn plain() -> Self {
        let pair = |accent: &str, on_accent: &str| Pair { accent: accent.to_owned(), on_accent: on_accent.to_owned() };
        Self { light: pair("#00407a", "#ffffff"), dark: pair("#8ec5ff", "#10202e") }
    }
}

impl Logo {
    fn holds(&self) -> bool {
        let side = |length| (1..=MAX_SIDE).contains(&length);
        let drawn = |byte: u8| b"MmLlHhVvCcSsQqTtAaZz0123456789.,+-eE \n".contains(&byte);
        side(self.width)
            && side(self.height)
            && self.path.len() <= MAX_PATH_CHARACTERS
            && self.path.starts_with('M')
            && self.path.bytes().all(drawn)
    }
}

/// Red, green and blue.
#[derive(Clone, Copy)]
struct Colour([u8; 3]);

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Colour {
    fn read(text: &str) -> Result<Self, ThemeFault> {
        let wrong = || ThemeFault::Colour(text.to_owned());
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or_else(wrong)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| wrong())?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }

    /// WCAG 2.2, relative luminance.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

fn contrasts(front: Colour, ground: Colour) -> Result<(), ThemeFault> {
    let (one, other) = (front.luminance(), ground.luminance());
    let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
    if contrast >= LEAST_CONTRAST {
        return Ok(());
    }
    Err(ThemeFault::Contrast { front: front.to_string(), ground: ground.to_string(), contrast })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    fn good() -> Value {
        json!({
            "names": { "fi": "Helsingin kaupunki", "sv": "Helsingfors stad", "en": "City of Helsinki" },
            "colours": {
                "light": { "accent": "#0000bf", "on_accent": "#ffffff" },
                "dark": { "accent": "#9fc5ff", "on_accent": "#10202e" },
            },
            "logo": { "width": 78, "height": 36, "path": "M0 0h78v36H0z" },
            "contact": { "fi": "Neuvonta", "sv": "Rådgivning", "en": "Help desk" },
            "privacy_notice": "https://city.example/privacy",
            "home": "helsinki",
        })
    }

    fn code_with(change: impl FnOnce(&mut Value)) -> &'static str {
        let mut written = good();
        change(&mut written);
        Theme::of_json(&serde_json::to_vec(&written).unwrap()).unwrap_err().code()
    }

    #[test]
    fn what_stands_in_the_file_is_served() {
        let read = Theme::of_json(&serde_json::to_vec(&good()).unwrap()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), good());
        let mut short = good();
        short.as_object_mut().unwrap().remove("logo");
        short.as_object_mut().unwrap().remove("colours");
        let read = serde_json::to_value(Theme::of_json(&serde_json::to_vec(&short).unwrap()).unwrap()).unwrap();
        assert_eq!(read["logo"], Value::Null);
        assert_eq!(read["colours"], serde_json::to_value(Colours::plain()).unwrap());
    }

    #[test]
    fn the_example_in_the_document_holds() {
        let document = include_str!("../../../../../../docs/operating/serve-the-wallet.md");
        let example = document.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        Theme::of_json(example.as_bytes()).unwrap();
        for fault in
            ["unreadable", "too-large", "shape", "words", "colour", "contrast", "logo", "privacy-notice", "home"]
        {
            assert!(document.contains(&format!("`theme-{fault}`")), "{fault}");
        }
    }

    #[test]
    fn the_plain_one_holds() {
        Theme::plain().unwrap().check().unwrap();
    }

    #[test]
    fn each_mistake_has_its_code() {
        assert_eq!(code_with(|theme| theme["slogan"] = "x".into()), "theme-shape");
        assert_eq!(code_with(|theme| theme["names"]["sv"] = "".into()), "theme-words");
        assert_eq!(code_with(|theme| theme["contact"]["fi"] = "a\u{202e}b".into()), "theme-words");
        for colour in ["red", "#fff", "#00000g", "#+00000"] {
            assert_eq!(
                code_with(|theme| theme["colours"]["dark"]["accent"] = colour.into()),
                "theme-colour",
                "{colour}"
            );
        }
        assert_eq!(code_with(|theme| theme["colours"]["light"]["on_accent"] = "#0000ff".into()), "theme-contrast");
        // Readable on the button, and not on the page.
        let pale =
            |theme: &mut Value| theme["colours"]["light"] = json!({ "accent": "#ffff00", "on_accent": "#000000" });
        assert_eq!(code_with(pale), "theme-contrast");
        for path in ["", "m0 0", "M0 0\"/><script>", &format!("M{}", "0 ".repeat(20_000))] {
            assert_eq!(code_with(|theme| theme["logo"]["path"] = path.into()), "theme-logo", "{path}");
        }
        assert_eq!(code_with(|theme| theme["logo"]["width"] = 0.into()), "theme-logo");
        for url in ["http://city.example/", "javascript:alert(1)", "https://"] {
            assert_eq!(code_with(|theme| theme["privacy_notice"] = url.into()), "theme-privacy-notice", "{url}");
        }
    }
}
