/** What went wrong, in three languages. */

import { about } from './text/about.ts';

export const faultWords = {
  unexpected: {
    fi: 'Jokin meni vikaan. Tietosi ovat tallessa. Yritä uudelleen; jos vika toistuu, ota yhteyttä kaupunkiin.',
    sv: 'Något gick fel. Dina uppgifter är i säkerhet. Försök igen; kontakta staden om felet upprepas.',
    en: 'Something went wrong. Your data are safe. Try again; if it happens again, contact the city.',
  },
  /** What is no organisation, as calls name it. */
  whom: {
    'the directory': { fi: 'Aitan luettelo', sv: 'Aittas förteckning', en: "Aitta's directory" },
    'the blinder': { fi: 'Aitan hakupalvelu', sv: 'Aittas söktjänst', en: "Aitta's search service" },
    'the login': { fi: 'Kirjautumispalvelu', sv: 'Inloggningstjänsten', en: 'The login service' },
  },
  byKind: {
    ours: about('Tätä ei voitu lähettää: #.', 'Det här kunde inte skickas: #.', 'This could not be sent: #.'),
    'not-reached': about(
      '# ei vastaa juuri nyt. Tarkista verkkoyhteys ja yritä hetken päästä uudelleen.',
      '# svarar inte just nu. Kontrollera nätanslutningen och försök igen om en stund.',
      '# does not answer right now. Check your connection and try again in a moment.',
    ),
    refused: about(
      '# ei hyväksynyt tätä. Mitään ei muuttunut.',
      '# godkände inte detta. Ingenting ändrades.',
      '# did not accept this. Nothing was changed.',
    ),
    failed: about(
      'Vika kohteessa #. Vika ei ole sinussa. Yritä myöhemmin uudelleen.',
      'Ett fel hos #. Felet är inte ditt. Försök igen senare.',
      'A fault at #. It is not your fault. Try again later.',
    ),
    'not-believed': about(
      'Vastaus kohteesta # ei ollut aito tai ehjä, joten sitä ei käytetty. Yritä uudelleen; jos vika toistuu, kerro siitä kaupungille.',
      'Svaret från # var inte äkta eller helt, så det användes inte. Försök igen; berätta för staden om felet upprepas.',
      'The answer of # was not genuine or complete, so it was not used. Try again; if it happens again, tell the city.',
    ),
  },
  byCode: {
    'not-served': {
      fi: 'Verkkoyhteyttä ei ole, tai palvelussa on katko. Yritä hetken päästä uudelleen.',
      sv: 'Det finns ingen nätanslutning, eller så har tjänsten ett avbrott. Försök igen om en stund.',
      en: 'There is no network connection, or the service is down. Try again in a moment.',
    },
    'not-kept': {
      fi: 'Selain ei tallentanut tätä. Vapauta tilaa laitteelta tai poistu yksityisestä selauksesta, ja yritä uudelleen.',
      sv: 'Webbläsaren sparade inte detta. Frigör utrymme eller lämna privat surfning, och försök igen.',
      en: 'The browser did not keep this. Free some space or leave private browsing, then try again.',
    },
    'changed-elsewhere': {
      fi: 'Muutit tätä toisessa ikkunassa. Katso tilanne uudelleen.',
      sv: 'Du ändrade detta i ett annat fönster. Titta på läget igen.',
      en: 'You changed this in another window. Look at it again.',
    },
    'newer-format': {
      fi: 'Tämä ikkuna on vanha. Lataa sivu uudelleen.',
      sv: 'Det här fönstret är gammalt. Ladda om sidan.',
      en: 'This window is old. Load the page again.',
    },
    'confirmation-wrong': {
      fi: 'Koodi ei täsmää. Katso koodi kirjautumissivulta ja kirjoita se uudelleen.',
      sv: 'Koden stämmer inte. Titta på koden på inloggningssidan och skriv den på nytt.',
      en: 'The code does not match. Look at the login page and type it again.',
    },
    'paper-needed': {
      fi: 'Tarvitset tähän palautuskoodisi: kirjoita se kerran uudelleen.',
      sv: 'Du behöver din återställningskod: skriv den en gång till.',
      en: 'You need your recovery code for this: type it once more.',
    },
    link: {
      fi: 'Tämä ei ole pyynnön linkki. Avaa se sellaisena kuin sen sait, tai skannaa koodi uudelleen.',
      sv: 'Det här är inte en länk till en förfrågan. Öppna den som du fick den, eller skanna koden igen.',
      en: 'This is not a link to a request. Open it as you received it, or scan the code again.',
    },
    'already-decided': {
      fi: 'Olet jo vastannut tähän pyyntöön.',
      sv: 'Du har redan svarat på den här förfrågan.',
      en: 'You have already answered this request.',
    },
    changed: {
      fi: 'Pyynnön tiedot muuttuivat, kun luit sitä. Mitään ei lähetetty. Lue pyyntö uudelleen ja vastaa sitten.',
      sv: 'Uppgifterna om begäran ändrades medan du läste. Ingenting skickades. Läs begäran igen och svara sedan.',
      en: 'Something about the request changed while you read it. Nothing was sent. Read it again, then answer.',
    },
    'too-late': {
      fi: 'Pyyntö on vanhentunut. Pyydä palvelulta uusi.',
      sv: 'Förfrågan har gått ut. Be tjänsten om en ny.',
      en: 'The request has run out. Ask the service for a new one.',
    },
    unshowable: {
      fi: 'Pyynnössä on jotakin, mitä tämä sovellus ei osaa näyttää. Siksi siihen ei voi suostua.',
      sv: 'Förfrågan innehåller något som appen inte kan visa. Därför går det inte att godkänna den.',
      en: 'The request has something that this app cannot show. So it cannot be agreed to.',
    },
    suspended: {
      fi: 'Organisaation oikeus pyytää tietoja on keskeytetty.',
      sv: 'Organisationens rätt att be om uppgifter har avbrutits.',
      en: "The organisation's right to ask for data has been suspended.",
    },
    'not-enrolled': {
      fi: 'Tämä laite ei ole vielä käytössä täällä. Kirjaudu ensin.',
      sv: 'Den här enheten används inte ännu här. Logga in först.',
      en: 'This device is not in use here yet. Log in first.',
    },
    'keys-broken': {
      fi: 'Avaintesi luettelo siellä ei ole ehjä, joten sitä ei käytetty. Yritä uudelleen; jos vika toistuu, kerro siitä kaupungille.',
      sv: 'Listan över dina nycklar där är inte hel, så den användes inte. Försök igen; berätta för staden om felet upprepas.',
      en: 'The list of your keys there is not whole, so it was not used. Try again; if it happens again, tell the city.',
    },
    'keys-not-ours': {
      fi: 'Tämän laitteen avaimet eivät ole siellä voimassa. Lisää laite toisella laitteella tai palauta palautuskoodilla.',
      sv: 'Enhetens nycklar gäller inte där. Lägg till enheten med en annan enhet, eller återställ med återställningskoden.',
      en: 'The keys of this device do not count there. Add it with another device, or recover with the recovery code.',
    },
    'keys-pending': {
      fi: 'Siellä odottaa palautus. Peru se tai odota, kunnes se on tullut voimaan.',
      sv: 'En återställning väntar där. Avbryt den, eller vänta tills den har trätt i kraft.',
      en: 'A recovery waits there. Cancel it, or wait until it has taken effect.',
    },
    'keys-outranked': {
      fi: 'Tämä laite ei voi perua sitä. Käytä palautuskoodia ja soita heti organisaatioon, jos se et ollut sinä.',
      sv: 'Den här enheten kan inte avbryta det. Använd återställningskoden och ring genast organisationen om det inte var du.',
      en: 'This device cannot cancel it. Use the recovery code, and call the organisation at once if it was not you.',
    },
    'keys-too-late': {
      fi: 'Peruminen ei ehtinyt ajoissa: siellä on voimassa jo muita avaimia. Katso laitteesi siellä. Jos se et ollut sinä, mene heti kaupungin asiointipisteeseen.',
      sv: 'Det hann inte avbrytas i tid: andra nycklar gäller redan där. Titta på dina enheter där. Om det inte var du, gå genast till stadens kundtjänst.',
      en: 'It was not cancelled in time: other keys count there already. Look at your devices there. If it was not you, go to a service desk of the city at once.',
    },
    'keys-last': {
      fi: 'Se on viimeinen laitteesi siellä. Lisää ensin toinen laite.',
      sv: 'Det är din sista enhet där. Lägg först till en annan enhet.',
      en: 'It is your last device there. Add another one first.',
    },
    'keys-signs-only': {
      fi: 'Tämä laite ei saa lisätä eikä poistaa laitteita. Tee se laitteella, joka saa.',
      sv: 'Den här enheten får inte lägga till eller ta bort enheter. Gör det på en enhet som får.',
      en: 'This device may not add or remove devices. Do it on one that may.',
    },
    'keys-not-controlling': {
      fi: 'Avaimet vaihdetaan sillä laitteella, jolla aloitit Aitan käytön.',
      sv: 'Nycklarna byts på den enhet som du började använda Aitta med.',
      en: 'The keys are changed on the device with which you first began with Aitta.',
    },
    'keys-other-paper': {
      fi: 'Tämä ei ole siellä voimassa oleva palautuskoodi. Ota paperi, jonka tulostit viimeksi.',
      sv: 'Det här är inte återställningskoden som gäller där. Ta det papper som du skrev ut senast.',
      en: 'This is not the recovery code that counts there. Take the paper that you printed last.',
    },
    'keys-paper-needed': {
      fi: 'Tältä ei ole vielä kysytty. Kirjoita palautuskoodi kerran uudelleen.',
      sv: 'Den har inte tillfrågats ännu. Skriv återställningskoden en gång till.',
      en: 'It has not been asked yet. Type the recovery code once more.',
    },
    'keys-unchangeable': {
      fi: 'Tätä muutosta ei voi tehdä siellä nyt. Katso laitteesi uudelleen.',
      sv: 'Ändringen kan inte göras där nu. Titta på dina enheter igen.',
      en: 'This change cannot be made there now. Look at your devices again.',
    },
    'other-paper': {
      fi: 'Tämä ei ole sinun palautuskoodisi. Ota paperi, jonka tulostit viimeksi.',
      sv: 'Det här är inte din återställningskod. Ta det papper som du skrev ut senast.',
      en: 'This is not your recovery code. Take the paper that you printed last.',
    },
    'device-code-none': {
      fi: 'Tämä ei ole laitteen koodi. Kopioi se uudelleen uudelta laitteelta.',
      sv: 'Det här är inte en enhets kod. Kopiera den på nytt från den nya enheten.',
      en: "This is no device's code. Copy it again from the new device.",
    },
    'device-code-damaged': {
      fi: 'Koodista puuttuu osa. Kopioi se uudelleen kokonaan.',
      sv: 'En del av koden saknas. Kopiera hela koden på nytt.',
      en: 'A part of the code is missing. Copy all of it again.',
    },
    'device-code-key': {
      fi: 'Koodi ei kelpaa. Avaa koodi uudelleen uudella laitteella.',
      sv: 'Koden duger inte. Öppna koden på nytt på den nya enheten.',
      en: 'The code is not acceptable. Open it again on the new device.',
    },
    'device-code-own': {
      fi: 'Tämä on tämän laitteen oma koodi. Vie se laitteelle, jolla Aitta on jo käytössä.',
      sv: 'Det här är enhetens egen kod. Ta den till enheten där Aitta redan används.',
      en: 'This is the code of this very device. Take it to the device that has Aitta already.',
    },
    'device-code-elsewhere': {
      fi: 'Koodi ei koske yhtäkään organisaatiota, jossa olet. Avaa koodi uudelleen uudella laitteella.',
      sv: 'Koden gäller ingen organisation där du finns. Öppna koden på nytt på den nya enheten.',
      en: 'The code is for none of the organisations where you are. Open it again on the new device.',
    },
  },
} as const;
