/** Settings and help, in three languages. */

import type { Words } from '../../../protocol/words.ts';

interface Point extends Words {
  /** What it begins with. */
  readonly short: Words;
}

const protects: readonly Point[] = [
  {
    short: { fi: 'Vain sinä suostut.', sv: 'Bara du godkänner.', en: 'Only you agree.' },
    fi: 'Suostumuksesi vahvistaa avain, joka on vain omilla laitteillasi. Kaupunki ei voi suostua puolestasi.',
    sv: 'Ditt tillstånd bekräftas med en nyckel som bara finns på dina egna enheter. Staden kan inte godkänna åt dig.',
    en: 'Your consent is confirmed by a key that is on your own devices alone. The city cannot agree for you.',
  },
  {
    short: { fi: 'Näet ennen kuin suostut.', sv: 'Du ser innan du godkänner.', en: 'You see before you agree.' },
    fi: 'Aitta näyttää tarkasti, mitä luovutetaan ja miksi. Jos palvelu pyytää enemmän kuin sen kuuluu, Aitta varoittaa. Jos pyynnössä on jotakin, mitä ei voi näyttää, siihen ei voi suostua.',
    sv: 'Aitta visar exakt vad som lämnas ut och varför. Om en tjänst ber om mer än den ska, varnar Aitta. Det som inte kan visas går inte heller att godkänna.',
    en: 'Aitta shows exactly what is shared and for what. When a service asks for more than it should, Aitta warns you. What cannot be shown cannot be agreed to.',
  },
  {
    short: {
      fi: 'Katsomista ei voi piilottaa.',
      sv: 'Ingen kan dölja att de tittat.',
      en: 'A look cannot be hidden later.',
    },
    fi: 'Jokainen käyttö kirjataan, ja Aitta tarkistaa, ettei mitään ole jälkikäteen poistettu tai muutettu.',
    sv: 'Varje användning antecknas, och Aitta kontrollerar att inget har tagits bort eller ändrats efteråt.',
    en: 'Every use is written down, and Aitta checks that nothing was taken away or changed afterwards.',
  },
  {
    short: { fi: 'Kukaan ei seuraa sinua.', sv: 'Ingen följer dig.', en: 'Nobody follows you.' },
    fi: 'Kun Aitta etsii, missä tietojasi on, kukaan ei saa tietää, ketä etsittiin. Aitassa ei ole mainoksia eikä kävijäseurantaa.',
    sv: 'När Aitta söker var dina uppgifter finns får ingen veta vem som söktes. Aitta har varken reklam eller besöksstatistik.',
    en: 'When Aitta looks for where your data are, nobody learns who was looked for. Aitta has no advertisements and no tracking.',
  },
  {
    short: { fi: 'Laite voi kadota.', sv: 'En enhet kan försvinna.', en: 'A device may get lost.' },
    fi: 'Paperilla olevalla palautuskoodilla pääset takaisin kolmessa vuorokaudessa, ja kadonnut laite lakkaa toimimasta.',
    sv: 'Med återställningskoden på papper kommer du tillbaka inom tre dygn, och den försvunna enheten slutar fungera.',
    en: 'With the recovery code on paper you are back after three days, and the lost device stops working.',
  },
];

const cannot: readonly Point[] = [
  {
    short: {
      fi: 'Kaupunki antaa tämän ohjelman.',
      sv: 'Staden ger dig programmet.',
      en: 'The city gives you this program.',
    },
    fi: 'Jos joku ottaisi haltuunsa kaupungin palvelimen tai selaimesi, hän voisi näyttää sinulle väärän Aitan. Tämä sivu ei voi tarkistaa itseään. Asiantuntija voi verrata ohjelmaa julkaistuun.',
    sv: 'Om någon tog över stadens server eller din webbläsare kunde de visa dig en falsk Aitta. Den här sidan kan inte kontrollera sig själv. En expert kan jämföra programmet med det som har publicerats.',
    en: 'Whoever took over the city’s server, or your browser, could show you a false Aitta. This page cannot check itself. An expert can compare the program with the published one.',
  },
  {
    short: { fi: 'Avoin laite on avoin.', sv: 'En olåst enhet är öppen.', en: 'An unlocked device is open.' },
    fi: 'Joka käyttää laitettasi lukitsematta, voi tehdä Aitassa kaiken, minkä sinäkin. Käytä näytön lukitusta.',
    sv: 'Den som använder din enhet olåst kan göra allt i Aitta som du kan. Använd skärmlås.',
    en: 'Whoever uses your device while it is unlocked can do everything in Aitta that you can. Use the screen lock.',
  },
  {
    short: {
      fi: 'Muistiinpanot ovat laitteella.',
      sv: 'Anteckningarna finns på enheten.',
      en: 'The notes are on the device.',
    },
    fi: 'Aitta muistaa tällä laitteella, mihin olet suostunut. Joka pääsee lukemaan laitteen tiedostoja, voi nähdä sen. Puolestasi hän ei voi suostua.',
    sv: 'Aitta minns på den här enheten vad du har godkänt. Den som kan läsa enhetens filer kan se det. Godkänna åt dig kan de inte.',
    en: 'Aitta remembers on this device what you agreed to. Whoever can read the device’s files may see that. They cannot agree for you.',
  },
  {
    short: { fi: 'Syytä ei voi tarkistaa.', sv: 'Orsaken kan inte kontrolleras.', en: 'The reason cannot be checked.' },
    fi: 'Kuka katsoi ja miksi, on organisaation oma ilmoitus. Aitta näkee vain, ettei ilmoitusta ole muutettu myöhemmin.',
    sv: 'Vem som tittade och varför är organisationens egen uppgift. Aitta ser bara att den inte har ändrats senare.',
    en: 'Who looked and why is what the organisation says. Aitta only sees that it was not changed later.',
  },
  {
    short: {
      fi: 'Annettua ei voi hakea takaisin.',
      sv: 'Det som lämnats ut går inte att hämta tillbaka.',
      en: 'What was given stays given.',
    },
    fi: 'Kun perut luvan, uusia tietoja ei enää anneta. Jo annetuista palvelu saa kehotuksen lopettaa käyttö.',
    sv: 'När du tar tillbaka ett tillstånd lämnas inga nya uppgifter ut. Tjänsten uppmanas att sluta använda dem den redan har.',
    en: 'When you take a consent back, nothing new is shared. The service is told to stop using what it has already.',
  },
  {
    short: { fi: 'Kaikki ei ole täällä.', sv: 'Allt finns inte här.', en: 'Not everything is here.' },
    fi: 'Jos organisaatio säilyttää tai antaa tietojasi Aitan ohi, Aitta ei näe sitä.',
    sv: 'Om en organisation har eller lämnar ut uppgifter vid sidan av Aitta ser Aitta det inte.',
    en: 'When an organisation holds or shares data about you outside Aitta, Aitta does not see it.',
  },
];

export const settingsWords = {
  language: { fi: 'Kieli', sv: 'Språk', en: 'Language' },
  whose: {
    title: { fi: 'Kuka auttaa', sv: 'Vem hjälper', en: 'Who helps' },
    city: (city: Words): Words => ({
      fi: `Tämän Aitan tarjoaa ${city.fi}. Värit ja tunnus ovat sen.`,
      sv: `Den här Aitta erbjuds av ${city.sv}. Färgerna och märket är dess.`,
      en: `This Aitta is offered by ${city.en}. The colours and the mark are its own.`,
    }),
    contact: { fi: 'Kysy', sv: 'Fråga', en: 'Ask' },
    privacy: {
      fi: 'Miten kaupunki käsittelee tietojasi',
      sv: 'Så behandlar staden dina uppgifter',
      en: 'How the city handles your data',
    },
    never: {
      fi: 'Auttaja ei koskaan kysy palautuskoodiasi. Jos joku kysyy, lopeta puhelu.',
      sv: 'Den som hjälper frågar aldrig efter din återställningskod. Om någon gör det, lägg på.',
      en: 'Whoever helps never asks for your recovery code. If somebody does, hang up.',
    },
  },
  install: {
    title: { fi: 'Aitta sovelluksena', sv: 'Aitta som app', en: 'Aitta as an app' },
    why: {
      fi: 'Voit lisätä Aitan muiden sovellusten joukkoon. Silloin se aukeaa myös ilman verkkoyhteyttä.',
      sv: 'Du kan lägga till Aitta bland dina appar. Då öppnas den också utan nätanslutning.',
      en: 'You can put Aitta among your other apps. Then it also opens without a network connection.',
    },
    act: { fi: 'Lisää sovelluksiin', sv: 'Lägg till bland appar', en: 'Add to your apps' },
    how: {
      fi: 'Avaa selaimen valikko ja valitse ”Asenna sovellus” tai ”Lisää Koti-valikkoon”. Jos niitä ei ole, käytä Aittaa selaimessa.',
      sv: 'Öppna webbläsarens meny och välj ”Installera app” eller ”Lägg till på hemskärmen”. Om de saknas använder du Aitta i webbläsaren.',
      en: 'Open the menu of the browser and choose “Install app” or “Add to Home Screen”. If it has neither, use Aitta in the browser.',
    },
    installed: {
      fi: 'Aitta on asennettu tälle laitteelle.',
      sv: 'Aitta är installerad på den här enheten.',
      en: 'Aitta is installed on this device.',
    },
  },
  protects: {
    title: { fi: 'Mitä Aitta suojaa', sv: 'Vad Aitta skyddar', en: 'What Aitta protects' },
    points: protects,
  },
  cannot: {
    title: { fi: 'Mitä Aitta ei voi', sv: 'Vad Aitta inte kan', en: 'What Aitta cannot do' },
    lead: {
      fi: 'Mikään ohjelma ei suojaa kaikelta. Nämä on hyvä tietää.',
      sv: 'Inget program skyddar mot allt. Det här är bra att veta.',
      en: 'No program protects against everything. This is good to know.',
    },
    points: cannot,
  },
  program: {
    title: { fi: 'Ohjelman versio', sv: 'Programmets version', en: 'Version of the program' },
    version: { fi: 'Versio', sv: 'Version', en: 'Version' },
    compare: {
      fi: 'Tunnus on laskettu ohjelman tiedostoista. Sama tunnus tarkoittaa samaa ohjelmaa.',
      sv: 'Beteckningen är beräknad ur programmets filer. Samma beteckning betyder samma program.',
      en: 'It is computed from the files of the program. The same letters mean the same program.',
    },
    none: {
      fi: 'Ohjelma haettiin juuri verkosta. Versio näkyy, kun avaat sivun uudelleen.',
      sv: 'Programmet hämtades just från nätet. Versionen syns när du öppnar sidan igen.',
      en: 'The program was just fetched from the network. The version shows when you open the page again.',
    },
    next: {
      fi: 'Uusi versio on valmiina. Sulje kaikki Aitan ikkunat ja avaa Aitta uudelleen.',
      sv: 'En ny version är klar. Stäng alla fönster med Aitta och öppna Aitta igen.',
      en: 'A new version is ready. Close all windows of Aitta and open Aitta again.',
    },
  },
  lock: {
    title: { fi: 'Lukitse Aitta', sv: 'Lås Aitta', en: 'Lock Aitta' },
    why: {
      fi: 'Lukitse Aitta, kun lähdet laitteelta. Sulkeminen lukitsee myös.',
      sv: 'Lås Aitta när du lämnar enheten. Den låses också när du stänger den.',
      en: 'Lock Aitta when you leave the device. Closing it locks it too.',
    },
    act: { fi: 'Lukitse nyt', sv: 'Lås nu', en: 'Lock now' },
  },
  forget: {
    title: {
      fi: 'Poista Aitta tältä laitteelta',
      sv: 'Ta bort Aitta från enheten',
      en: 'Forget Aitta on this device',
    },
    why: {
      fi: 'Kun annat laitteen pois tai et enää käytä Aittaa sillä.',
      sv: 'När du ger bort enheten eller inte längre använder Aitta på den.',
      en: 'For when you give the device away, or no longer use Aitta on it.',
    },
    ask: { fi: 'Poista tältä laitteelta…', sv: 'Ta bort från enheten…', en: 'Forget on this device…' },
    means: {
      fi: 'Tältä laitteelta poistetaan lopullisesti:',
      sv: 'Från den här enheten tas för alltid bort:',
      en: 'From this device, for good, go:',
    },
    lost: [
      {
        fi: 'avaimesi – tällä laitteella et enää voi vastata pyyntöihin etkä perua lupia',
        sv: 'dina nycklar – på den här enheten kan du inte längre svara på förfrågningar eller ta tillbaka tillstånd',
        en: 'your keys – on this device you can no longer answer requests or take consents back',
      },
      {
        fi: 'Aitan muistiinpanot: mihin olet suostunut ja mitä on vielä kesken',
        sv: 'Aittas anteckningar: vad du har godkänt och vad som ännu inte är klart',
        en: 'the notes of Aitta: what you agreed to, and what is not finished yet',
      },
      {
        fi: 'todisteet, jos joku on jäänyt kiinni merkintöjen muuttamisesta',
        sv: 'bevis, om någon har ertappats med att ändra sina anteckningar',
        en: 'evidence, if somebody was caught changing their records',
      },
    ],
    stays: {
      fi: 'Antamasi luvat jäävät voimaan. Tietosi organisaatioissa eivät muutu.',
      sv: 'De tillstånd du har gett fortsätter att gälla. Dina uppgifter hos organisationerna ändras inte.',
      en: 'Consents that you gave stay in force. Your data at the organisations do not change.',
    },
    paper: {
      fi: 'Takaisin pääset toisella laitteella, jossa Aitta on, tai palautuskoodilla. Jos sinulla ei ole kumpaakaan, sinun on asioitava paikan päällä henkilöllisyystodistuksen kanssa.',
      sv: 'Du kommer tillbaka med en annan enhet som har Aitta, eller med återställningskoden. Har du ingendera måste du besöka ett serviceställe med en identitetshandling.',
      en: 'You get back in with another device that has Aitta, or with the recovery code. With neither, you have to go to the service desk with an identity document.',
    },
    elsewhere: {
      fi: 'Katso ensin, mitä laitteita sinulla on',
      sv: 'Se först vilka enheter du har',
      en: 'See first which devices you have',
    },
    word: { fi: 'POISTA', sv: 'TA BORT', en: 'FORGET' },
    label: {
      fi: 'Jos olet varma, kirjoita POISTA',
      sv: 'Om du är säker, skriv TA BORT',
      en: 'If you are sure, type FORGET',
    },
    mistake: {
      fi: 'Kirjoita sana POISTA. Mitään ei ole vielä poistettu.',
      sv: 'Skriv TA BORT. Inget har tagits bort ännu.',
      en: 'Type the word FORGET. Nothing was taken away yet.',
    },
    act: { fi: 'Poista lopullisesti', sv: 'Ta bort för alltid', en: 'Forget for good' },
    not: { fi: 'En poista', sv: 'Ta inte bort', en: 'Do not' },
    busy: { fi: 'Poistetaan…', sv: 'Tas bort…', en: 'Taking it away…' },
  },
} as const;
