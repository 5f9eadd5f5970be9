/** The frame around every page, in three languages. */

export const appWords = {
  opening: { fi: 'Avataan…', sv: 'Öppnas…', en: 'Opening…' },
  cannotOpen: { fi: 'Aitta ei aukea juuri nyt', sv: 'Aitta öppnas inte just nu', en: 'Aitta does not open right now' },
  skip: { fi: 'Siirry sisältöön', sv: 'Gå till innehållet', en: 'Skip to the content' },
  languages: { fi: 'Kieli', sv: 'Språk', en: 'Language' },
  menu: { fi: 'Valikko', sv: 'Meny', en: 'Menu' },
  home: { fi: 'Etusivu', sv: 'Startsida', en: 'Home' },
  back: { fi: 'Takaisin etusivulle', sv: 'Tillbaka till startsidan', en: 'Back to the home page' },
  again: { fi: 'Yritä uudelleen', sv: 'Försök igen', en: 'Try again' },
  missing: {
    fi: 'Kaikki eivät vastanneet. Muut tiedot näkyvät alla.',
    sv: 'Alla svarade inte. De andra uppgifterna syns nedan.',
    en: 'Not everybody answered. The rest is shown below.',
  },
  code: { fi: 'Virheen tunnus auttajalle', sv: 'Felkod för den som hjälper', en: 'Code for those who help' },
  contact: { fi: 'Apua', sv: 'Hjälp', en: 'Help' },
  privacy: { fi: 'Tietosuoja', sv: 'Dataskydd', en: 'Privacy' },
  unusable: {
    title: {
      fi: 'Tämä selain ei voi säilyttää avaimiasi',
      sv: 'Den här webbläsaren kan inte bevara dina nycklar',
      en: 'This browser cannot keep your keys',
    },
    why: {
      fi: 'Aitta säilyttää avaimesi vain omalla laitteellasi. Tämä selain ei tallenna mitään: ehkä käytät yksityistä selausta, tai selain on vanha.',
      sv: 'Aitta bevarar dina nycklar bara på din egen enhet. Den här webbläsaren sparar ingenting: kanske surfar du privat, eller så är webbläsaren gammal.',
      en: 'Aitta keeps your keys on your own device alone. This browser keeps nothing: perhaps you are browsing privately, or it is old.',
    },
    what: {
      fi: 'Avaa tämä sivu tavallisessa ikkunassa tai uudemmassa selaimessa (Chrome, Edge, Firefox tai Safari).',
      sv: 'Öppna sidan i ett vanligt fönster eller i en nyare webbläsare (Chrome, Edge, Firefox eller Safari).',
      en: 'Open this page in a normal window, or in a newer browser (Chrome, Edge, Firefox or Safari).',
    },
  },
  titles: {
    welcome: { fi: 'Tervetuloa', sv: 'Välkommen', en: 'Welcome' },
    locked: { fi: 'Avaa Aitta', sv: 'Öppna Aitta', en: 'Unlock Aitta' },
    home: { fi: 'Etusivu', sv: 'Startsida', en: 'Home' },
    data: { fi: 'Omat tietoni', sv: 'Mina uppgifter', en: 'My data' },
    requests: { fi: 'Pyynnöt', sv: 'Förfrågningar', en: 'Requests' },
    request: { fi: 'Pyyntö', sv: 'Förfrågan', en: 'Request' },
    looked: { fi: 'Kuka on katsonut', sv: 'Vem har tittat', en: 'Who looked' },
    warning: { fi: 'Varoitus hakemistosta', sv: 'Varning om katalogen', en: 'Warning about the directory' },
    consents: { fi: 'Lupani', sv: 'Mina tillstånd', en: 'My consents' },
    acting: { fi: 'Kenen puolesta toimin', sv: 'Vem jag företräder', en: 'Acting for others' },
    download: { fi: 'Lataa kaikki tiedot', sv: 'Ladda ner allt', en: 'Download everything' },
    devices: { fi: 'Laitteet ja palautus', sv: 'Enheter och återställning', en: 'Devices and recovery' },
    settings: { fi: 'Asetukset ja apu', sv: 'Inställningar och hjälp', en: 'Settings and help' },
  },
} as const;
