/** A request and the answer to it, in three languages. */

import type { Words } from '../../../protocol/words.ts';
import { about } from '../../text/about.ts';

export const requestWords = {
  title: about('# pyytää tietoja', '# ber om uppgifter', '# asks for data'),
  opening: { fi: 'Avataan pyyntöä…', sv: 'Förfrågan öppnas…', en: 'Opening the request…' },
  toRequests: { fi: 'Kaikki pyynnöt', sv: 'Alla förfrågningar', en: 'All requests' },
  toConsents: { fi: 'Omiin lupiin', sv: 'Till mina tillstånd', en: 'To my consents' },

  gone: {
    fi: 'Tätä pyyntöä ei enää ole. Se on voinut vanhentua.',
    sv: 'Den här förfrågan finns inte längre. Den kan ha gått ut.',
    en: 'This request is no longer there. It may have run out.',
  },
  /** Why a request is not shown, by code; the others are not genuine or not whole. */
  refused: {
    expired: {
      fi: 'Pyyntöön ei voi enää vastata: sen aika on kulunut umpeen. Pyydä palvelulta uusi.',
      sv: 'Det går inte längre att svara: tiden har gått ut. Be tjänsten om en ny förfrågan.',
      en: 'This request can no longer be answered: its time is over. Ask the service for a new one.',
    },
    suspended: {
      fi: 'Organisaation oikeus pyytää tietoja on keskeytetty. Pyyntöön ei voi vastata.',
      sv: 'Organisationens rätt att be om uppgifter har avbrutits. Det går inte att svara på förfrågan.',
      en: "The organisation's right to ask for data has been suspended. The request cannot be answered.",
    },
    'issued-in-future': {
      fi: 'Pyynnön päiväys on tulevaisuudessa. Tarkista laitteesi kello.',
      sv: 'Förfrågan är daterad i framtiden. Kontrollera klockan på din enhet.',
      en: 'The request is dated in the future. Check the clock of your device.',
    },
    'claim-unknown': {
      fi: 'Pyynnössä on jotakin, mitä tämä sovellus ei osaa näyttää. Siksi siihen ei voi vastata. Päivitä sovellus lataamalla sivu uudelleen.',
      sv: 'Förfrågan innehåller något som appen inte kan visa. Därför går det inte att svara på den. Uppdatera appen genom att ladda om sidan.',
      en: 'The request has something that this app cannot show. So it cannot be answered. Load the page again to get the newest app.',
    },
  } as Readonly<Record<string, Words>>,
  notGenuine: {
    fi: 'Pyyntö ei ole aito tai se on muuttunut matkalla. Siihen ei voi vastata. Kysy palvelulta, onko se lähettänyt sen.',
    sv: 'Förfrågan är inte äkta eller har ändrats på vägen. Det går inte att svara på den. Fråga tjänsten om den har skickat den.',
    en: 'The request is not genuine, or was changed on its way. It cannot be answered. Ask the service whether it sent it.',
  },

  facts: {
    who: { fi: 'Kuka pyytää', sv: 'Vem ber', en: 'Who asks' },
    purpose: { fi: 'Mihin tarkoitukseen', sv: 'För vilket ändamål', en: 'For what' },
    reason: { fi: 'Miksi', sv: 'Varför', en: 'Why' },
    retention: {
      fi: 'Kuinka kauan tiedot säilytetään',
      sv: 'Hur länge uppgifterna sparas',
      en: 'How long the data are kept',
    },
    validity: {
      fi: 'Kuinka kauan tietoja saisi hakea',
      sv: 'Hur länge uppgifter får hämtas',
      en: 'How long data may be fetched',
    },
    where: { fi: 'Mistä tiedot haettaisiin', sv: 'Varifrån uppgifterna hämtas', en: 'From where' },
    anywhere: {
      fi: 'Kaikkialta, missä näitä tietoja on',
      sv: 'Överallt där sådana uppgifter finns',
      en: 'Wherever there are such data',
    },
    passedOn: {
      fi: 'Kenelle palvelu voisi antaa luvan edelleen',
      sv: 'Vem tjänsten kan ge tillståndet vidare till',
      en: 'To whom the service could pass it on',
    },
    answerBy: { fi: 'Vastaa viimeistään', sv: 'Svara senast', en: 'Answer by' },
  },
  atMost: about('Enintään #', 'Högst #', 'At most #'),

  over: {
    title: {
      fi: 'Palvelu pyytää enemmän kuin sillä on oikeus pyytää',
      sv: 'Tjänsten ber om mer än den har rätt att be om',
      en: 'The service asks for more than it may',
    },
    leftOut: {
      fi: 'Sillä ei ole oikeutta näihin tietoihin, eikä niitä jaeta:',
      sv: 'Den har inte rätt till de här uppgifterna, och de delas inte:',
      en: 'It has no right to these data, and they are not shared:',
    },
    type: about('#: kaikki tiedot', '#: alla uppgifter', '#: all of it'),
    retention: (asked: Words, allowed: Words): Words => ({
      fi: `Palvelu haluaisi säilyttää tiedot ${asked.fi}. Se saa säilyttää ne enintään ${allowed.fi}.`,
      sv: `Tjänsten vill spara uppgifterna ${asked.sv}. Den får spara dem högst ${allowed.sv}.`,
      en: `The service would like to keep the data for ${asked.en}. It may keep them for at most ${allowed.en}.`,
    }),
    purpose: {
      fi: 'Palvelulla ei ole oikeutta pyytää tietoja tähän tarkoitukseen. Siksi voit vain kieltäytyä.',
      sv: 'Tjänsten har inte rätt att be om uppgifter för det här ändamålet. Därför kan du bara neka.',
      en: 'The service may not ask for data for this purpose. So you can only deny.',
    },
    mark: { fi: 'ei jaeta', sv: 'delas inte', en: 'not shared' },
  },
  problems: {
    title: {
      fi: 'Tähän pyyntöön ei voi suostua',
      sv: 'Det går inte att godkänna den här förfrågan',
      en: 'This request cannot be agreed to',
    },
    why: {
      fi: 'Siinä on jotakin, mitä tämä sovellus ei osaa näyttää sinulle. Et voi suostua siihen, mitä et näe. Voit kieltäytyä tai kysyä palvelulta.',
      sv: 'Den innehåller något som appen inte kan visa dig. Du kan inte godkänna det du inte ser. Du kan neka eller fråga tjänsten.',
      en: 'It has something that this app cannot show you. You cannot agree to what you do not see. You can deny it, or ask the service.',
    },
    purpose: about('Tuntematon tarkoitus: #', 'Okänt ändamål: #', 'Unknown purpose: #'),
    data: about('Tuntematon tieto: #', 'Okänd uppgift: #', 'Unknown data: #'),
    member: about('Tuntematon organisaatio: #', 'Okänd organisation: #', 'Unknown organisation: #'),
  },

  what: {
    title: { fi: 'Mitä pyydetään', sv: 'Vad som begärs', en: 'What is asked for' },
    required: { fi: 'Palvelu tarvitsee nämä', sv: 'Tjänsten behöver detta', en: 'The service needs these' },
    optional: { fi: 'Nämä ovat vapaaehtoisia', sv: 'Det här är frivilligt', en: 'These are optional' },
    choose: {
      fi: 'Nämä ovat vapaaehtoisia. Valitse, mitä haluat jakaa.',
      sv: 'Det här är frivilligt. Välj vad du vill dela.',
      en: 'These are optional. Tick what you want to share.',
    },
  },
  whom: {
    title: { fi: 'Kenen tiedoista on kyse?', sv: 'Vems uppgifter gäller det?', en: 'Whose data is this about?' },
    only: about('Tiedot koskevat: #', 'Uppgifterna gäller: #', 'The data are about: #'),
    nothing: {
      fi: 'Tästä henkilöstä ei ole näitä tietoja. Katso, onko pyynnössä kyse jostakusta toisesta.',
      sv: 'Om den här personen finns inga sådana uppgifter. Se efter om förfrågan gäller någon annan.',
      en: 'There are no such data about this person. See whether the request is about somebody else.',
    },
    nobody: {
      fi: 'Pyyntö koskee paikkoja, joissa tällä laitteella ei ole vielä kirjauduttu.',
      sv: 'Förfrågan gäller ställen där den här enheten inte har loggat in ännu.',
      en: 'The request is about places at which this device has not logged in yet.',
    },
    elsewhere: about(
      'Tietoja pyydetään myös paikasta #. Kirjaudu siellä, jos haluat jakaa sieltä.',
      'Uppgifter begärs också från #. Logga in där om du vill dela därifrån.',
      'Data are asked for from # too. Log in there if you want to share from there.',
    ),
    connect: about('Kirjaudu: #', 'Logga in: #', 'Log in: #'),
  },
  now: {
    title: { fi: 'Tämä jaettaisiin nyt', sv: 'Det här skulle delas nu', en: 'This would be shared right now' },
    why: {
      fi: 'Oma laitteesi haki tiedot sinulle nähtäväksi. Palvelu ei ole nähnyt niitä. Jos tiedot muuttuvat luvan aikana, palvelu näkee uudet.',
      sv: 'Din egen enhet har hämtat uppgifterna för att visa dig. Tjänsten har inte sett dem. Om uppgifterna ändras under tillståndet ser tjänsten de nya.',
      en: 'Your own device fetched the data to show you. The service has not seen them. If the data change while the consent counts, the service sees the new ones.',
    },
    looking: about('Haetaan: #…', 'Hämtar: #…', 'Fetching: #…'),
    from: about('Jaa tiedot täältä: #', 'Dela uppgifter från #', 'Share from #'),
    nothing: {
      fi: 'Täällä ei ole nyt näitä tietoja.',
      sv: 'Här finns inga sådana uppgifter nu.',
      en: 'There are no such data here now.',
    },
    nothingTicked: {
      fi: 'Täältä ei jaettaisi mitään.',
      sv: 'Ingenting skulle delas härifrån.',
      en: 'Nothing would be shared from here.',
    },
    away: {
      fi: 'Arvoja ei voi nyt näyttää. Jos jaat silti, vastauksesi menee perille vasta, kun täältä vastataan.',
      sv: 'Värdena kan inte visas nu. Om du ändå delar kommer ditt svar fram först när man svarar härifrån.',
      en: 'The values cannot be shown now. If you share all the same, your answer arrives only once they respond.',
    },
    again: { fi: 'Yritä uudelleen', sv: 'Försök igen', en: 'Try again' },
    record: (at: number, of: number): Words => ({
      fi: `Tieto ${at} / ${of}`,
      sv: `Uppgift ${at} av ${of}`,
      en: `Record ${at} of ${of}`,
    }),
    answer: { fi: 'Vastaus', sv: 'Svar', en: 'Answer' },
  },
  depth: {
    title: { fi: 'Saako luvan antaa edelleen?', sv: 'Får tillståndet ges vidare?', en: 'May it be passed on?' },
    why: {
      fi: 'Palvelu voi käyttää apunaan toista organisaatiota. Sinä päätät, saako sekin hakea nämä tiedot.',
      sv: 'Tjänsten kan ta hjälp av en annan organisation. Du bestämmer om också den får hämta uppgifterna.',
      en: 'The service may use another organisation to help it. You decide whether that one may fetch these data too.',
    },
    nobody: { fi: 'Ei kenellekään muulle', sv: 'Inte till någon annan', en: 'To nobody else' },
    once: about('Kyllä: #', 'Ja: #', 'Yes: #'),
    more: (whom: Words, times: Words): Words => ({
      fi: `Kyllä: ${whom.fi}. He saavat antaa luvan toisilleen, yhteensä ${times.fi} kertaa`,
      sv: `Ja: ${whom.sv}. De får ge tillståndet vidare till varandra, sammanlagt ${times.sv} gånger`,
      en: `Yes: ${whom.en}. They may pass it on to one another, ${times.en} times in all`,
    }),
  },
  until: {
    title: { fi: 'Mihin asti?', sv: 'Till när?', en: 'Until when?' },
    label: { fi: 'Viimeinen päivä', sv: 'Sista dagen', en: 'The last day' },
    hint: about(
      'Enintään # asti. Voit valita aiemman päivän, ja voit perua luvan milloin vain.',
      'Högst till #. Du kan välja en tidigare dag, och du kan ta tillbaka tillståndet när som helst.',
      'At most until #. You can choose an earlier day, and you can end the consent at any time.',
    ),
    mistake: about(
      'Valitse päivä väliltä tänään – #.',
      'Välj en dag från i dag till #.',
      'Choose a day from today to #.',
    ),
  },

  answer: {
    title: { fi: 'Vastauksesi', sv: 'Ditt svar', en: 'Your answer' },
    chooseWhom: {
      fi: 'Valitse ensin, kenen tiedoista on kyse.',
      sv: 'Välj först vems uppgifter det gäller.',
      en: 'First choose whose data this is about.',
    },
    wait: {
      fi: 'Odota hetki: tietoja haetaan vielä sinulle nähtäväksi.',
      sv: 'Vänta en stund: uppgifterna hämtas ännu för att visas för dig.',
      en: 'One moment: the data are still being fetched to show you.',
    },
    chooseWhere: {
      fi: 'Et ole valinnut yhtään paikkaa, josta tietoja jaetaan.',
      sv: 'Du har inte valt något ställe att dela uppgifter från.',
      en: 'You have not chosen any place to share from.',
    },
    chooseWhat: {
      fi: 'Et ole valinnut mitään jaettavaa.',
      sv: 'Du har inte valt något att dela.',
      en: 'You have not chosen anything to share.',
    },
    yes: (service: Words, where: Words, until: Words): Words => ({
      fi: `Jos sallit, ${service.fi} saa hakea yllä näkyvät tiedot ${until.fi} asti. Lähde: ${where.fi}.`,
      sv: `Om du tillåter får ${service.sv} hämta uppgifterna ovan till och med ${until.sv}. Källa: ${where.sv}.`,
      en: `If you allow it, ${service.en} may fetch the data above until ${until.en}. Source: ${where.en}.`,
    }),
    less: {
      fi: 'Sallit vähemmän kuin pyydettiin. Palvelu näkee, mitä jätit pois, ja voi kysyä uudelleen.',
      sv: 'Du tillåter mindre än vad som begärdes. Tjänsten ser vad du utelämnade och kan fråga på nytt.',
      en: 'You allow less than was asked for. The service sees what you left out, and may ask again.',
    },
    change: {
      fi: 'Voit perua luvan milloin vain kohdassa Lupani.',
      sv: 'Du kan ta tillbaka tillståndet när som helst under Mina tillstånd.',
      en: 'You can end it at any time under My consents.',
    },
    allow: { fi: 'Salli', sv: 'Tillåt', en: 'Allow' },
    allowLess: { fi: 'Salli tämä', sv: 'Tillåt det här', en: 'Allow this much' },
    deny: { fi: 'Kieltäydy', sv: 'Neka', en: 'Deny' },
    forGood: {
      fi: 'En halua, että tätä kysytään uudelleen',
      sv: 'Jag vill inte få den här frågan igen',
      en: 'I do not want to be asked this again',
    },
    forGoodWhat: {
      fi: 'Kieltäydyt nyt, ja palvelu saa tiedon, ettei sen pidä kysyä tätä uudelleen. Voit silti itse ottaa palveluun yhteyttä myöhemmin.',
      sv: 'Du nekar nu, och tjänsten får veta att den inte ska fråga om detta igen. Du kan ändå själv kontakta tjänsten senare.',
      en: 'You deny now, and the service is told not to ask this again. You can still contact the service yourself later.',
    },
    forGoodYes: { fi: 'Kieltäydy lopullisesti', sv: 'Neka för gott', en: 'Deny for good' },
    working: { fi: 'Lähetetään vastausta…', sv: 'Svaret skickas…', en: 'Sending your answer…' },
  },

  done: {
    allowed: about('Annoit luvan: #', 'Du gav tillstånd: #', 'You allowed it: #'),
    denied: about('Kieltäydyit: #', 'Du nekade: #', 'You denied it: #'),
    takesEffect: {
      fi: 'Lupa on voimassa nyt.',
      sv: 'Tillståndet gäller nu.',
      en: 'It takes effect now.',
    },
    notYet: {
      fi: 'Palvelu saa siitä tiedon, kun vastauksesi on perillä.',
      sv: 'Tjänsten får veta det när ditt svar har kommit fram.',
      en: 'The service learns of it when your answer arrives.',
    },
    nothingShared: { fi: 'Mitään ei jaettu.', sv: 'Ingenting delades.', en: 'Nothing was shared.' },
    forGood: {
      fi: 'Palvelu saa tiedon, ettei sen pidä kysyä tätä uudelleen.',
      sv: 'Tjänsten får veta att den inte ska fråga om detta igen.',
      en: 'The service is told not to ask this again.',
    },
    what: { fi: 'Mitä saa hakea', sv: 'Vad som får hämtas', en: 'What may be fetched' },
    until: { fi: 'Mihin asti', sv: 'Till när', en: 'Until when' },
    where: { fi: 'Mistä', sv: 'Varifrån', en: 'From where' },
    change: {
      fi: 'Näet jokaisen haun kohdassa Kuka on katsonut. Voit muuttaa tai perua luvan kohdassa Lupani.',
      sv: 'Du ser varje hämtning under Vem har tittat. Du kan ändra eller ta tillbaka tillståndet under Mina tillstånd.',
      en: 'You see every fetch under Who looked. You can change it or end it under My consents.',
    },
    onDay: about('Vastasit #.', 'Du svarade den #.', 'You answered on #.'),
    ended: { fi: 'Tämä lupa on päättynyt.', sv: 'Det här tillståndet har upphört.', en: 'This consent has ended.' },
    endedAnew: {
      fi: 'Aiempi lupasi on päättynyt. Voit nyt vastata uudelleen.',
      sv: 'Ditt tidigare tillstånd har upphört. Du kan nu svara på nytt.',
      en: 'Your earlier consent has ended. You can answer again now.',
    },
    over: {
      fi: 'Tähän pyyntöön ei voi enää vastata uudelleen.',
      sv: 'Det går inte längre att svara på nytt på den här förfrågan.',
      en: 'This request can no longer be answered again.',
    },
    anew: { fi: 'Vastaa uudelleen', sv: 'Svara på nytt', en: 'Answer again' },
    anewUntil: about(
      'Voit muuttaa mieltäsi # saakka.',
      'Du kan ändra dig till och med den #.',
      'You can change your mind until #.',
    ),
  },
} as const;
