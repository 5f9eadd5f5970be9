/** What a person agreed to, and taking it back, in three languages. */

import type { Words } from '../../../protocol/words.ts';
import { about } from '../../text/about.ts';

export const consentsWords = {
  lead: {
    fi: 'Näet, kuka saa hakea tietojasi. Voit perua minkä tahansa luvan heti.',
    sv: 'Du ser vem som får hämta dina uppgifter. Du kan ta tillbaka vilket tillstånd som helst genast.',
    en: 'You see who may fetch your data. You can end any consent at once.',
  },
  active: { fi: 'Voimassa', sv: 'I kraft', en: 'In force' },
  ended: { fi: 'Päättyneet', sv: 'Gäller inte längre', en: 'Ended' },
  denied: { fi: 'Kieltäydyit näistä', sv: 'Nekade', en: 'Denied' },
  none: {
    fi: 'Yhtään antamaasi lupaa ei ole voimassa.',
    sv: 'Inget tillstånd som du har gett är i kraft.',
    en: 'No consent of yours is in force.',
  },
  noneKnown: {
    fi: 'Tämä laite ei tiedä yhtään lupaa, joka olisi voimassa.',
    sv: 'Den här enheten känner inte till något tillstånd som är i kraft.',
    en: 'This device knows of no consent that is in force.',
  },
  looking: {
    fi: 'Kysytään organisaatioilta, mitkä luvat ovat voimassa…',
    sv: 'Frågar organisationerna vilka tillstånd som är i kraft…',
    en: 'Asking the organisations which consents are in force…',
  },
  unknownKey: about(
    'Palvelu, jota ei juuri nyt tunneta (tunniste #)',
    'En tjänst som inte är känd just nu (kännetecken #)',
    'A service that is not known right now (its sign: #)',
  ),
  notShown: {
    title: { fi: 'Joitakin lupia ei näytetä', sv: 'Vissa tillstånd visas inte', en: 'Some consents are not shown' },
    refused: {
      fi: 'Näitä ei uskota: et ole allekirjoittanut niitä, tai ne koskevat jotakuta muuta. Kerro tästä organisaatiolle.',
      sv: 'De här godtas inte: du har inte skrivit under dem, eller så gäller de någon annan. Berätta det för organisationen.',
      en: 'These are not believed: you did not sign them, or they are about somebody else. Tell the organisation.',
    },
    ofOthers: {
      fi: 'Näitä ei ole annettu tästä Aitastasi: ne on antanut toinen huoltaja, tai sinä aiemmasta Aitastasi.',
      sv: 'De här kommer inte från din Aitta: en annan vårdnadshavare har gett dem, eller du själv från en tidigare Aitta.',
      en: 'These were not given from this Aitta of yours: another guardian gave them, or you did from an earlier Aitta.',
    },
    one: { fi: '# lupa', sv: '# tillstånd', en: '# consent' },
    many: { fi: '# lupaa', sv: '# tillstånd', en: '# consents' },
  },
  unknownService: {
    fi: 'Palvelu, joka ei ole enää mukana',
    sv: 'En tjänst som inte längre är med',
    en: 'A service that no longer takes part',
  },
  facts: {
    purpose: { fi: 'Mihin tarkoitukseen', sv: 'För vilket ändamål', en: 'For what' },
    what: { fi: 'Mitä saa hakea', sv: 'Vad som får hämtas', en: 'What may be fetched' },
    whom: { fi: 'Kenen tiedot', sv: 'Vems uppgifter', en: 'Whose data' },
    until: { fi: 'Mihin asti', sv: 'Till när', en: 'Until when' },
    retention: { fi: 'Säilytetään', sv: 'Sparas', en: 'Kept' },
    passedOn: { fi: 'Saa antaa edelleen', sv: 'Får ges vidare', en: 'May be passed on' },
    passedOnTo: { fi: 'Annettu edelleen', sv: 'Har getts vidare', en: 'Passed on to' },
    given: { fi: 'Annettu', sv: 'Gavs', en: 'Given' },
    where: { fi: 'Mistä', sv: 'Varifrån', en: 'From where' },
  },
  atMost: about('Enintään #', 'Högst #', 'At most #'),
  nobodyElse: { fi: 'Ei kenellekään muulle', sv: 'Inte till någon annan', en: 'To nobody else' },
  elsewhere: about('#, toisella laitteella', '#, på en annan enhet', '#, on another device'),
  passedOn: (whom: Words, until: Words): Words => ({
    fi: `${whom.fi}, ${until.fi} asti`,
    sv: `${whom.sv}, till ${until.sv}`,
    en: `${whom.en}, until ${until.en}`,
  }),
  passedOnEnded: about('#: päättynyt', '#: gäller inte längre', '#: ended'),
  unreadable: {
    fi: 'Tämän luvan sisältöä ei voi näyttää tässä ikkunassa. Lataa sivu uudelleen.',
    sv: 'Innehållet i det här tillståndet kan inte visas i det här fönstret. Ladda om sidan.',
    en: 'What this consent says cannot be shown in this window. Load the page again.',
  },
  someone: {
    fi: 'Henkilö, jonka puolesta et enää toimi',
    sv: 'En person som du inte längre företräder',
    en: 'Somebody for whom you no longer act',
  },
  reopen: { fi: 'Avaa pyyntö uudelleen', sv: 'Öppna förfrågan igen', en: 'Open the request again' },
  deniedOn: about('Kieltäydyit #.', 'Du nekade den #.', 'You denied it on #.'),

  standing: {
    active: { fi: 'voimassa', sv: 'i kraft', en: 'in force' },
    onItsWay: (secs: Words): Words => ({
      fi: `ei vastaa juuri nyt. Peruminen odottaa: se tulee perille viimeistään ${secs.fi} sen jälkeen, kun yhteys palaa.`,
      sv: `svarar inte just nu. Återtagandet väntar: det kommer fram inom ${secs.sv} efter att förbindelsen är tillbaka.`,
      en: `does not answer right now. The end waits for it: it will hear within ${secs.en} of being reachable.`,
    }),
    notTold: {
      fi: 'ei ole vielä kuullut, että peruit luvan.',
      sv: 'har ännu inte hört att du tog tillbaka tillståndet.',
      en: 'has not yet heard that you ended it.',
    },
    confirmed: about('vahvisti perumisen #.', 'bekräftade återtagandet #.', 'confirmed the end at #.'),
    over: { fi: 'ei enää voimassa.', sv: 'gäller inte längre.', en: 'no longer in force.' },
    ranOut: about('päättyi #.', 'upphörde den #.', 'ended on #.'),
    everywhere: about(
      'Myös ne, joille lupa on annettu edelleen, saavat tiedon viimeistään klo #.',
      'Också de som har fått tillståndet vidare får veta det senast kl. #.',
      'Those to whom it was passed on hear of it by # at the latest.',
    ),
  },

  end: {
    button: { fi: 'Peru lupa', sv: 'Ta tillbaka tillståndet', en: 'End this consent' },
    title: { fi: 'Perutaanko lupa?', sv: 'Ta tillbaka tillståndet?', en: 'End this consent?' },
    what: {
      fi: 'Palvelu ei saa enää hakea näitä tietoja. Jos se on jo saanut niitä, sitä kehotetaan lopettamaan niiden käyttö.',
      sv: 'Tjänsten får inte längre hämta uppgifterna. Om den redan har fått dem får den veta att den ska sluta använda dem.',
      en: 'The service may no longer fetch these data. If it has got them already, it is told to stop using them.',
    },
    atOnce: about('#: heti.', '#: genast.', '#: at once.'),
    within: (whom: Words, bound: Words): Words => ({
      fi: `${whom.fi}: heti. Kaikkialla muualla viimeistään ${bound.fi} myöhemmin.`,
      sv: `${whom.sv}: genast. Överallt annars inom ${bound.sv}.`,
      en: `${whom.en}: at once. Everywhere else within ${bound.en}.`,
    }),
    yes: { fi: 'Kyllä, peru lupa', sv: 'Ja, ta tillbaka', en: 'Yes, end it' },
    done: {
      fi: 'Peruit luvan. Yllä näet, kuka on jo vahvistanut sen.',
      sv: 'Du tog tillbaka tillståndet. Ovan ser du vem som redan har bekräftat det.',
      en: 'You ended the consent. Above you see who has confirmed it already.',
    },
    working: { fi: 'Perutaan…', sv: 'Tas tillbaka…', en: 'Ending…' },
  },
  back: { fi: 'Takaisin', sv: 'Tillbaka', en: 'Back' },
  change: {
    button: { fi: 'Muuta lupaa', sv: 'Ändra tillståndet', en: 'Change this consent' },
    looking: {
      fi: 'Katsotaan, voiko pyyntöön vielä vastata…',
      sv: 'Ser efter om det ännu går att svara…',
      en: 'Looking whether the request can still be answered…',
    },
    title: { fi: 'Muutetaanko lupaa?', sv: 'Ändra tillståndet?', en: 'Change this consent?' },
    what: {
      fi: 'Nykyinen lupa päättyy heti. Sen jälkeen alkuperäinen pyyntö avautuu, ja voit sallia siitä vähemmän tai enemmän.',
      sv: 'Det nuvarande tillståndet upphör genast. Sedan öppnas den ursprungliga förfrågan, och du kan tillåta mindre eller mer.',
      en: 'The present consent ends at once. Then the original request opens, and you can allow less of it, or more.',
    },
    yes: { fi: 'Peru ja vastaa uudelleen', sv: 'Ta tillbaka och svara på nytt', en: 'End it and answer again' },
    tooLate: {
      fi: 'Alkuperäiseen pyyntöön ei voi enää vastata. Voit perua luvan ja pyytää palvelulta uuden pyynnön.',
      sv: 'Det går inte längre att svara på den ursprungliga förfrågan. Du kan ta tillbaka tillståndet och be tjänsten om en ny förfrågan.',
      en: 'The original request can no longer be answered. You can end this consent, and ask the service for a new request.',
    },
    waiting: {
      fi: 'Lupa on peruttu, mutta kaikki eivät ole vielä vahvistaneet sitä. Voit vastata uudelleen, kun ne ovat vahvistaneet.',
      sv: 'Tillståndet är återtaget, men alla har inte bekräftat det ännu. Du kan svara på nytt när de har bekräftat.',
      en: 'The consent is ended, but not everybody has confirmed it yet. You can answer again once they have.',
    },
  },
  stop: {
    button: about('Peru kaikki luvat: #', 'Ta tillbaka alla tillstånd: #', 'Stop everything: #'),
    title: about('Perutaanko kaikki luvat: #?', 'Ta tillbaka alla tillstånd: #?', 'End every consent: #?'),
    what: {
      fi: 'Palvelu ei saa enää hakea mitään luvallasi miltään organisaatiolta. Tämä koskee myös muilla laitteilla annettuja ja edelleen annettuja lupia, ja kaikkia, joiden puolesta toimit.',
      sv: 'Tjänsten får inte längre hämta något med ditt tillstånd från någon organisation. Det gäller också tillstånd från andra enheter, tillstånd som getts vidare, och alla som du företräder.',
      en: 'The service may no longer fetch anything by your consent from any organisation. This goes for consents given on other devices or passed on, too, and for everybody for whom you act.',
    },
    yes: { fi: 'Kyllä, peru kaikki', sv: 'Ja, ta tillbaka alla', en: 'Yes, stop everything' },
    done: about('Peruttu: #', 'Återtaget: #', 'Stopped: #'),
    nothing: { fi: 'ei mitään peruttavaa', sv: 'inget att ta tillbaka', en: 'nothing to end' },
    remembered: {
      fi: 'ei vastaa juuri nyt. Peruminen on muistissa: yritä uudelleen sivun ylälaidasta.',
      sv: 'svarar inte just nu. Återtagandet är i minnet: försök igen högst upp på sidan.',
      en: 'does not answer right now. The end is remembered: try again at the top of the page.',
    },
    unsure: {
      fi: 'luettelee lupia, joiden palvelua ei juuri nyt tunneta. Ne ovat tällä sivulla, ja voit perua ne yksitellen. Tämä on muistissa ja jatkuu, kun palvelu tunnetaan.',
      sv: 'räknar upp tillstånd vars tjänst inte är känd just nu. De finns på den här sidan, och du kan ta tillbaka dem ett och ett. Detta är i minnet och fortsätter när tjänsten är känd.',
      en: 'lists consents whose service is not known right now. They are on this page, and you can end them one by one. This is remembered, and goes on when the service is known.',
    },
    posted: {
      fi: 'ei vastaa juuri nyt; saa tiedon, kun yhteys palaa',
      sv: 'svarar inte just nu; får veta det när förbindelsen är tillbaka',
      en: 'does not answer right now; it will hear once it is reachable',
    },
  },
  outstanding: {
    title: {
      fi: 'Kaikki eivät ole vielä vahvistaneet',
      sv: 'Alla har inte bekräftat ännu',
      en: 'Not everybody has confirmed yet',
    },
    what: about(
      'Olet perunut luvan, ja se on muistissa tällä laitteella. Vahvistus puuttuu: #.',
      'Du har tagit tillbaka tillståndet, och det finns i minnet på den här enheten. Bekräftelse saknas: #.',
      'You have ended a consent, and this device remembers it. Not confirmed by: #.',
    ),
    again: { fi: 'Kysy uudelleen', sv: 'Fråga igen', en: 'Ask again' },
    done: { fi: 'Kaikki ovat nyt vahvistaneet.', sv: 'Alla har nu bekräftat.', en: 'Everybody has confirmed now.' },
  },
} as const;
