/** My data, in three languages. */

import type { Words } from '../../../protocol/words.ts';

export const dataWords = {
  lead: {
    fi: 'Tässä on kaikki, mitä organisaatiot tietävät. Tiedot tulevat suoraan niiltä.',
    sv: 'Här är allt som organisationerna vet. Uppgifterna kommer direkt från dem.',
    en: 'Here is all that the organisations know. It comes straight from them.',
  },
  whose: { fi: 'Kenen tiedot?', sv: 'Vems uppgifter?', en: 'Whose data?' },
  whoIsIt: { fi: 'Kuka tämä lapsi on?', sv: 'Vem är det här barnet?', en: 'Who is this child?' },
  fetching: (whom: Words): Words => ({
    fi: `Haetaan tietoja: ${whom.fi}…`,
    sv: `Hämtar uppgifter: ${whom.sv}…`,
    en: `Fetching data: ${whom.en}…`,
  }),
  nothing: {
    fi: 'Täällä ei ole juuri nyt mitään tietoja.',
    sv: 'Här finns inga uppgifter just nu.',
    en: 'There are no data here right now.',
  },
  more: { fi: 'Etsi muita organisaatioita', sv: 'Sök fler organisationer', en: 'Look for more organisations' },
  moreWhy: {
    fi: 'Ehkä muillakin on tietoja sinusta. Voit etsiä ne kerralla.',
    sv: 'Kanske har även andra uppgifter om dig. Du kan söka dem på en gång.',
    en: 'Others may hold data about you too. You can look for all of them at once.',
  },
  unnamed: {
    fi: 'Organisaatio ei ole kertonut, mitä kentät tarkoittavat. Nimet näkyvät sellaisina kuin ne tulivat.',
    sv: 'Organisationen har inte berättat vad fälten betyder. Namnen visas som de kom.',
    en: 'The organisation has not said what the fields mean. Their names are shown as they came.',
  },
  special: {
    fi: 'Nämä tiedot ovat arkoja, ja laki suojaa niitä erityisen hyvin.',
    sv: 'De här uppgifterna är känsliga, och lagen skyddar dem särskilt väl.',
    en: 'These data are sensitive, and the law protects them with special care.',
  },
  why: { fi: 'Miksi ja kuinka kauan?', sv: 'Varför och hur länge?', en: 'Why, and for how long?' },
  basis: { fi: 'Miksi tiedot ovat täällä', sv: 'Varför uppgifterna finns', en: 'Why it is held' },
  noBasis: {
    fi: 'Organisaatio ei ole kertonut perustetta. Voit kysyä sitä.',
    sv: 'Organisationen har inte angett någon grund. Du kan fråga.',
    en: 'The organisation has not said why. You may ask.',
  },
  retention: { fi: 'Kuinka kauan säilytetään', sv: 'Hur länge det sparas', en: 'How long it is kept' },
  noRetention: { fi: 'Ei kerrottu', sv: 'Inte angett', en: 'Not said' },
  since: { fi: 'Täällä alkaen', sv: 'Här sedan', en: 'Here since' },
  sinceAnd: (first: Words, last: Words): Words => ({
    fi: `${first.fi}, viimeksi päivitetty ${last.fi}`,
    sv: `${first.sv}, senast uppdaterat ${last.sv}`,
    en: `${first.en}, last renewed ${last.en}`,
  }),
  source: { fi: 'Mistä rekisteristä', sv: 'Från vilket register', en: 'From which register' },
  guardian: { fi: 'Kertoo huoltajasta', sv: 'Handlar om en vårdnadshavare', en: 'About a guardian' },
  other: { fi: 'Kertoo jostakusta muusta', sv: 'Handlar om någon annan', en: 'About somebody else' },
  withheld: {
    fi: 'Turvakiellon aikana ei anneta kenellekään',
    sv: 'Ges inte till någon vid spärrmarkering',
    en: 'Given to nobody under a non-disclosure order',
  },
  wrong: { fi: 'Onko tässä jotain väärin?', sv: 'Är något fel här?', en: 'Is something wrong here?' },
  wrongWhat: {
    fi: 'Sinulla on oikeus saada väärä tieto korjatuksi. Kerro, mikä on väärin ja miten sen pitäisi olla. Korjaaminen ei maksa mitään.',
    sv: 'Du har rätt att få en felaktig uppgift rättad. Berätta vad som är fel och hur det ska vara. Det kostar ingenting.',
    en: 'You have the right to have a mistake corrected. Say what is wrong, and how it should be. It costs nothing.',
  },
  about: { fi: 'Tieto', sv: 'Uppgift', en: 'Data' },
  organisation: { fi: 'Organisaatio', sv: 'Organisation', en: 'Organisation' },
  person: { fi: 'Kenen', sv: 'Vems', en: 'Whose' },
  number: { fi: 'Monesko', sv: 'Vilken i ordningen', en: 'Which one' },
  ofMany: (at: number, all: number): Words => ({
    fi: `${at}/${all}`,
    sv: `${at} av ${all}`,
    en: `${at} of ${all}`,
  }),
  showAll: (count: number): Words => ({
    fi: `Näytä kaikki ${count}`,
    sv: `Visa alla ${count}`,
    en: `Show all ${count}`,
  }),
  restrict: {
    title: { fi: 'Estä tietojen antaminen', sv: 'Stoppa att uppgifterna ges ut', en: 'Stop these being given out' },
    what: (whom: Words): Words => ({
      fi: `${whom.fi} ei enää anna näitä tietoja millekään palvelulle, ei edes niille, joille olet antanut luvan. ${whom.fi} pitää tiedot edelleen itsellään. Voit sallia antamisen taas milloin tahansa.`,
      sv: `${whom.sv} ger inte längre ut uppgifterna till någon tjänst, inte ens till dem som du har gett tillstånd. ${whom.sv} har fortfarande kvar uppgifterna själv. Du kan tillåta det igen när som helst.`,
      en: `${whom.en} no longer gives these data to any service, not even to those that you have agreed to. ${whom.en} itself still keeps them. You can allow it again at any time.`,
    }),
    yes: { fi: 'Estä', sv: 'Stoppa', en: 'Stop it' },
    working: { fi: 'Kerrotaan organisaatiolle…', sv: 'Meddelar organisationen…', en: 'Telling the organisation…' },
    isOn: {
      fi: 'Olet estänyt näiden tietojen antamisen. Mikään palvelu ei saa niitä täältä.',
      sv: 'Du har stoppat att uppgifterna ges ut. Ingen tjänst får dem härifrån.',
      en: 'You have stopped these data. No service gets them from here.',
    },
    isAll: {
      fi: 'Olet estänyt kaikkien tietojen antamisen täältä. Mikään palvelu ei saa niitä.',
      sv: 'Du har stoppat att något ges ut härifrån. Ingen tjänst får något.',
      en: 'You have stopped everything here. No service gets anything.',
    },
    undo: { fi: 'Salli antaminen taas', sv: 'Tillåt igen', en: 'Allow it again' },
    undone: {
      fi: 'Tietoja voi taas antaa palveluille, joille olet antanut luvan.',
      sv: 'Uppgifterna kan igen ges till tjänster som har ditt tillstånd.',
      en: 'These data may again be given to services that you have agreed to.',
    },
  },
} as const;
