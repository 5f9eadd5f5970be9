//! What the desk says, in three languages.

use pod_http::Title;
use pod_protocol::Outward;
use pod_wallet::Language;

macro_rules! said {
    ($($(#[$about:meta])* $name:ident = $fi:literal, $sv:literal, $en:literal;)*) => {
        $($(#[$about])* pub(super) const $name: Title = Title { fi: $fi, sv: $sv, en: $en };)*
    };
}

said! {
    REQUESTS = "Pyynnöt", "Förfrågningar", "Requests";
    NONE_YET = "Täällä ei ole vielä tehty pyyntöjä.", "Här har ännu inga förfrågningar gjorts.",
        "No requests have been made here yet.";
    NEW = "Uusi pyyntö", "Ny förfrågan", "New request";
    CHOOSE = "Valitse, mitä pyydetään", "Välj vad som begärs", "Choose what is asked for";
    MADE = "Tehty", "Gjord", "Made";
    ANSWER_BEFORE = "Vastattava ennen", "Ska besvaras före", "To be answered before";
    WAITING = "Odottaa asiakkaan vastausta", "Väntar på kundens svar", "Waiting for the citizen’s answer";
    AGREED = "Asiakas suostui", "Kunden gav sitt samtycke", "The citizen agreed";
    FETCHING = "Asiakas suostui. Tietoja haetaan.", "Kunden gav sitt samtycke. Uppgifterna hämtas.",
        "The citizen agreed. The data are being fetched.";
    DENIED = "Asiakas ei suostunut", "Kunden gav inte sitt samtycke", "The citizen did not agree";
    ENDED = "Suostumus ei enää ole voimassa", "Samtycket gäller inte längre", "The consent no longer counts";
    EXPIRED = "Vastausaika päättyi", "Svarstiden gick ut", "The time to answer has passed";
    DENIED_MORE = "Mitään tietoja ei saatu. Asiaa voi hoitaa myös ilman tätä palvelua.",
        "Inga uppgifter lämnades ut. Ärendet kan skötas också utan den här tjänsten.",
        "Nothing was released. The matter can be settled without this service too.";
    FOR_THE_CITIZEN = "Asiakkaalle", "Till kunden", "For the citizen";
    SCAN = "Asiakas lukee koodin puhelimellaan tai avaa linkin. Vastaus näkyy tällä sivulla.",
        "Kunden läser koden med sin telefon eller öppnar länken. Svaret syns på den här sidan.",
        "The citizen scans the code with a phone or opens the link. The answer appears on this page.";
    QR = "Pyynnön QR-koodi: sama kuin linkki", "Förfrågans QR-kod: samma som länken",
        "QR code of the request: the same as the link";
    OPEN_LINK = "Avaa pyyntö lompakossa", "Öppna förfrågan i plånboken", "Open the request in the wallet";
    LOOK_AGAIN = "Katso, onko vastattu", "Se om svaret har kommit", "See whether there is an answer";
    LOOK_FAILED = "Vastausta ei voitu juuri nyt hakea.", "Svaret kunde inte hämtas just nu.",
        "The answer could not be looked up just now.";
    ASKED = "Mitä pyydetään", "Vad som begärs", "What is asked for";
    NEEDED = "tarvitaan", "behövs", "needed";
    OPTIONAL = "asiakas voi valita", "kunden får välja", "the citizen’s choice";
    OVER_ASKED = "Palvelua ei ole rekisteröity tähän: asiakas näkee varoituksen.",
        "Tjänsten är inte registrerad för detta: kunden ser en varning.",
        "The service is not registered for this: the citizen sees a warning.";
    RECEIVED = "Saadut tiedot", "Uppgifter som lämnats", "What was received";
    NOTHING_RELEASED = "Näitä tietoja ei ole, tai niitä ei luovuteta.", "De här uppgifterna finns inte, eller lämnas inte ut.",
        "There is nothing of this, or it is not released.";
    NOT_FETCHED = "Tietoja ei ole haettu sen jälkeen, kun tämä sivusto käynnistettiin. Ne eivät jää tänne talteen.",
        "Uppgifterna har inte hämtats sedan den här webbplatsen startades. De sparas inte här.",
        "Nothing was fetched since this site was started. What is fetched is not kept here.";
    FETCH_AGAIN = "Hae tiedot uudelleen", "Hämta uppgifterna på nytt", "Fetch again";
    FETCH_FAILED = "Tietoja ei voitu hakea.", "Uppgifterna kunde inte hämtas.", "It could not be fetched.";
    RECEIPT = "Kuitti", "Kvitto", "Receipt";
    AT = "Aika", "Tid", "Time";
    FROM = "Luovuttaja", "Utlämnare", "Holder";
    CARRIED_BY = "Yhteys", "Förbindelse", "Carried by";
    CODE = "Koodi", "Kod", "Code";
    YES = "kyllä", "ja", "yes";
    NO = "ei", "nej", "no";
    NO_VALUE = "ei tietoa", "ingen uppgift", "no value";
    HOLDER_ASKED = "Luovuttajalta kysytään vielä.", "Utlämnaren tillfrågas ännu.", "The holder is still being asked.";
    SEE_AGAIN = "Katso, onko tietoja tullut", "Se om uppgifter har kommit", "See whether more has come";
    HOLDER_AWAY = "Luovuttajaan ei saatu yhteyttä. Yritä myöhemmin uudelleen.",
        "Utlämnaren kunde inte nås. Försök igen senare.", "The holder was not reached. Try again later.";
    /// Taken back, ended, restricted, objected to: from outside these look the same.
    REFUSED = "Luovuttaja ei anna tietoja: asiakas on perunut suostumuksensa, tai se ei enää ole voimassa. Älä käytä aiemmin \
               saatuja tietoja.",
        "Utlämnaren ger inte uppgifterna: kunden har återkallat sitt samtycke, eller så gäller det inte längre. Använd inte \
         de uppgifter som lämnats tidigare.",
        "The holder releases nothing: the citizen took the consent back, or it no longer counts. Do not use what was \
         received before.";
    REFUSED_EXPIRED = "Suostumus on päättynyt. Älä käytä aiemmin saatuja tietoja.",
        "Samtycket har upphört. Använd inte de uppgifter som lämnats tidigare.",
        "The consent has ended. Do not use what was received before.";
    REFUSED_LIMIT = "Tietoja on haettu niin usein kuin suostumus sallii.",
        "Uppgifterna har hämtats så ofta som samtycket tillåter.", "It was fetched as often as the consent allows.";
    REFUSED_OTHERWISE = "Luovuttaja ei voinut vastata tähän hakuun. Yritä myöhemmin uudelleen.",
        "Utlämnaren kunde inte svara. Försök igen senare.", "The holder could not answer this call. Try again later.";
    BACK = "Kaikki pyynnöt", "Alla förfrågningar", "All requests";
    LANGUAGE = "Kieli", "Språk", "Language";
    NOT_OPEN = "Tämä sivu ei ole auki", "Den här sidan är inte öppen", "This page is not open";
    NOT_OPEN_MORE = "Avaa osoite, jonka palvelu näytti käynnistyessään. Siinä on avain.",
        "Öppna adressen som tjänsten visade när den startade. Den innehåller en nyckel.",
        "Open the address that the service showed when it was started. It holds a key.";
    NOT_FROM_HERE = "Lomaketta ei lähetetty tältä sivulta", "Formuläret skickades inte från den här sidan",
        "The form was not sent from this page";
    NOT_FROM_HERE_MORE = "Palaa takaisin, lataa sivu uudelleen ja yritä uudestaan.",
        "Gå tillbaka, ladda om sidan och försök igen.", "Go back, load the page again, and try once more.";
    NOTHING_HERE = "Täällä ei ole mitään", "Här finns ingenting", "There is nothing here";
    BROKEN = "Sivua ei voitu näyttää", "Sidan kunde inte visas", "The page could not be shown";
    NOT_MADE = "Pyyntöä ei voitu tehdä", "Förfrågan kunde inte göras", "The request could not be made";
    FULL = "Pyyntöjä on liikaa. Vanhoja poistuu, kun niiden suostumukset päättyvät.",
        "Det finns för många förfrågningar. Gamla försvinner när samtyckena upphör.",
        "There are too many requests. Old ones go when their consents end.";
}

/// Why a holder releases nothing, in words.
pub(super) fn refusal(outward: Outward) -> &'static Title {
    match outward {
        Outward::Denied | Outward::UnknownGrant => &REFUSED,
        Outward::Expired => &REFUSED_EXPIRED,
        Outward::Limit => &REFUSED_LIMIT,
        _ => &REFUSED_OTHERWISE,
    }
}

/// In the language of the page.
pub(super) fn say(title: &Title, language: Language) -> &'static str {
    match language {
        Language::Fi => title.fi,
        Language::Sv => title.sv,
        Language::En => title.en,
    }
}
