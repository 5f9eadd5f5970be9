/** Who looked, in three languages. */

import type { Words } from '../../../protocol/words.ts';
import { visible } from '../../../wallet/show.ts';
import { counted } from '../../text/format.ts';
import type { Kind } from './timeline.ts';

export const lookedWords = {
  lead: {
    fi: 'Joka kerta, kun joku on käyttänyt tietoja tai yrittänyt. Uusin on ylinnä.',
    sv: 'Varje gång någon har använt uppgifter eller försökt. Det senaste står överst.',
    en: 'Every time that somebody used data, or tried to. The newest comes first.',
  },
  fetching: (whom: Words): Words => ({
    fi: `Kysytään: ${whom.fi}…`,
    sv: `Frågar: ${whom.sv}…`,
    en: `Asking: ${whom.en}…`,
  }),
  nobody: {
    fi: 'Kukaan ei ole katsonut tietoja.',
    sv: 'Ingen har tittat på uppgifterna.',
    en: 'Nobody has looked at the data.',
  },
  noneSuch: {
    fi: 'Näillä ehdoilla ei löytynyt mitään.',
    sv: 'Inget hittades med dessa val.',
    en: 'Nothing was found for these choices.',
  },
  shown: (shown: number, all: number): Words => ({
    fi: `Näkyvissä ${shown}/${all}`,
    sv: `Visar ${shown} av ${all}`,
    en: `Showing ${shown} of ${all}`,
  }),
  more: { fi: 'Näytä lisää', sv: 'Visa fler', en: 'Show more' },
  isNew: { fi: 'Uusi', sv: 'Ny', en: 'New' },
  newCount: (count: number): Words =>
    counted(
      count,
      {
        fi: 'Tietoja on katsottu tai pyydetty # kerran viime käyntisi jälkeen.',
        sv: 'Uppgifter har visats eller begärts # gång sedan ditt förra besök.',
        en: 'Data were used or asked for # time since your last visit.',
      },
      {
        fi: 'Tietoja on katsottu tai pyydetty # kertaa viime käyntisi jälkeen.',
        sv: 'Uppgifter har visats eller begärts # gånger sedan ditt förra besök.',
        en: 'Data were used or asked for # times since your last visit.',
      },
    ),
  filters: {
    title: { fi: 'Rajaa luetteloa', sv: 'Avgränsa listan', en: 'Choose what is shown' },
    all: { fi: 'Kaikki', sv: 'Alla', en: 'All' },
    person: { fi: 'Kenen tiedot', sv: 'Vems uppgifter', en: 'Whose data' },
    holder: { fi: 'Missä tiedot ovat', sv: 'Var uppgifterna finns', en: 'Where the data are' },
    service: { fi: 'Kuka katsoi', sv: 'Vem tittade', en: 'Who looked' },
    kind: { fi: 'Mitä tapahtui', sv: 'Vad som hände', en: 'What happened' },
    quiet: {
      fi: 'Näytä myös omat toimeni ja rekisterien päivitykset',
      sv: 'Visa även vad jag själv gjort och när register uppdaterats',
      en: 'Show my own acts and updates of the registers too',
    },
  },
  kinds: {
    used: { fi: 'Tietoja käytettiin', sv: 'Uppgifter användes', en: 'Data were used' },
    refused: { fi: 'Pyydettiin, ei annettu', sv: 'Begärdes, gavs inte', en: 'Asked for, not given' },
    own: { fi: 'Sinä itse', sv: 'Du själv', en: 'You yourself' },
    others: { fi: 'Joku muu puolestasi', sv: 'Någon annan för din räkning', en: 'Somebody else on your behalf' },
    import: { fi: 'Rekisteri päivitettiin', sv: 'Registret uppdaterades', en: 'A register was updated' },
    notice: { fi: 'Pyydettiin lopettamaan käyttö', sv: 'Ombads sluta använda', en: 'Asked to stop using' },
    unknown: { fi: 'Muu tapahtuma', sv: 'Annan händelse', en: 'Something else' },
  } satisfies Readonly<Record<Kind, Words>>,
  entry: {
    of: (service: Words, whose: Words): Words => ({
      fi: `${service.fi}, ${whose.fi}`,
      sv: `${service.sv}, ${whose.sv}`,
      en: `${service.en}, ${whose.en}`,
    }),
    someone: { fi: 'Tuntematon palvelu', sv: 'Okänd tjänst', en: 'An unknown service' },
    erased: {
      fi: 'Tarkemmat tiedot on poistettu. Jäljellä on vain se, milloin tämä tapahtui.',
      sv: 'Närmare uppgifter är raderade. Kvar finns bara när detta hände.',
      en: 'The details were erased. Only when it happened is left.',
    },
    about: { fi: 'Kenen tiedot', sv: 'Vems uppgifter', en: 'Whose data' },
    from: { fi: 'Mistä', sv: 'Varifrån', en: 'From where' },
    purpose: { fi: 'Mihin tarkoitukseen', sv: 'För vilket ändamål', en: 'For what' },
    what: { fi: 'Mitä tietoja', sv: 'Vilka uppgifter', en: 'Which data' },
    nothing: { fi: 'Ei mitään', sv: 'Inga', en: 'None' },
    kept: { fi: 'Mitä ei annettu', sv: 'Vad som inte gavs', en: 'What was not given' },
    whyNot: { fi: 'Miksi ei annettu', sv: 'Varför det inte gavs', en: 'Why it was not given' },
    act: { fi: 'Mitä tehtiin', sv: 'Vad som gjordes', en: 'What was done' },
    notDone: { fi: 'Tätä ei hyväksytty.', sv: 'Detta godkändes inte.', en: 'This was not accepted.' },
    answer: (question: Words): Words => ({
      fi: `vastaus kysymykseen ${question.fi}`,
      sv: `svar på frågan ${question.sv}`,
      en: `an answer to the question ${question.en}`,
    }),
    question: (id: string): Words => {
      const shown = visible(id.replace(/^\?/, '').replaceAll('-', ' '));
      return {
        fi: `vastaus kysymykseen, jonka nimi on ”${shown}”`,
        sv: `svar på en fråga som heter ”${shown}”`,
        en: `an answer to a question called “${shown}”`,
      };
    },
    unnamed: (name: string): Words => ({
      fi: `tieto, jonka nimi on ”${name}”`,
      sv: `en uppgift som heter ”${name}”`,
      en: `something called “${name}”`,
    }),
  },
  acts: {
    deposit: { fi: 'Annettiin lupa', sv: 'Gav ett tillstånd', en: 'Gave a consent' },
    revoke: { fi: 'Peruttiin lupa', sv: 'Tog tillbaka ett tillstånd', en: 'Ended a consent' },
    restrict: {
      fi: 'Estettiin tietojen antaminen',
      sv: 'Stoppade att uppgifter ges ut',
      en: 'Stopped data being given out',
    },
    'lift-restriction': {
      fi: 'Sallittiin tietojen antaminen taas',
      sv: 'Tillät igen att uppgifter ges ut',
      en: 'Allowed data to be given out again',
    },
    object: { fi: 'Vastustettiin käyttöä', sv: 'Invände mot användningen', en: 'Objected to a use' },
    'withdraw-objection': { fi: 'Peruttiin vastustus', sv: 'Tog tillbaka en invändning', en: 'Took an objection back' },
    read: { fi: 'Katsottiin tietoja', sv: 'Tittade på uppgifter', en: 'Looked at the data' },
    log: { fi: 'Katsottiin tätä luetteloa', sv: 'Tittade på den här listan', en: 'Looked at this list' },
    export: { fi: 'Ladattiin tiedot', sv: 'Laddade ner uppgifter', en: 'Downloaded the data' },
    inbox: { fi: 'Katsottiin pyyntöjä', sv: 'Tittade på förfrågningar', en: 'Looked at requests' },
    standing: { fi: 'Katsottiin lupia', sv: 'Tittade på tillstånd', en: 'Looked at consents' },
    'key-event': { fi: 'Muutettiin laitteita', sv: 'Ändrade enheter', en: 'Changed the devices' },
    recovery: { fi: 'Aloitettiin palautus', sv: 'Började en återställning', en: 'Began a recovery' },
    'recovery-cancel': { fi: 'Peruttiin palautus', sv: 'Avbröt en återställning', en: 'Cancelled a recovery' },
    enrol: { fi: 'Otettiin laite käyttöön', sv: 'Tog en enhet i bruk', en: 'Took a device into use' },
    desk: {
      fi: 'Palvelupisteessä otettiin uusi laite käyttöön',
      sv: 'Tog en ny enhet i bruk vid ett serviceställe',
      en: 'Took a new device into use at a service desk',
    },
  } as Readonly<Record<string, Words>>,
  otherAct: { fi: 'Muu toimi', sv: 'Annan åtgärd', en: 'Something else' },
  othersWarning: {
    fi: 'Tämän teki joku, joka saa toimia tässä, kuten toinen huoltaja, tai sinä toisella laitteella. Jos et tunnista tätä, ota heti yhteyttä.',
    sv: 'Detta gjordes av någon som får handla här, till exempel en annan vårdnadshavare, eller av dig på en annan enhet. Ta kontakt genast om du inte känner igen det.',
    en: 'This was done by somebody who may act here, such as another guardian, or by you on another device. If you do not recognise it, get in touch at once.',
  },
  /** Why something was kept back, or a request refused. */
  reasons: {
    'non-disclosure': { fi: 'turvakielto', sv: 'spärrmarkering', en: 'a non-disclosure order' },
    restricted: {
      fi: 'näiden tietojen antaminen on estetty',
      sv: 'det är stoppat att ge ut dessa uppgifter',
      en: 'giving these data out has been stopped',
    },
    objected: {
      fi: 'tätä käyttöä on vastustettu',
      sv: 'någon har invänt mot denna användning',
      en: 'this use has been objected to',
    },
    absent: { fi: 'tietoa ei ole', sv: 'uppgiften finns inte', en: 'there is no such data' },
    'not-granted': { fi: 'siihen ei ole lupaa', sv: 'det finns inget tillstånd', en: 'there is no consent for it' },
    revoked: { fi: 'lupa on peruttu', sv: 'tillståndet har tagits tillbaka', en: 'the consent was ended' },
    expired: { fi: 'aika oli ohi', sv: 'tiden hade gått ut', en: 'its time was over' },
    purpose: {
      fi: 'lupa on muuhun tarkoitukseen',
      sv: 'tillståndet gäller ett annat ändamål',
      en: 'the consent is for something else',
    },
    'chain-purpose': {
      fi: 'lupa on muuhun tarkoitukseen',
      sv: 'tillståndet gäller ett annat ändamål',
      en: 'the consent is for something else',
    },
    'beyond-registration': {
      fi: 'palvelulla ei ole oikeutta pyytää näitä tietoja',
      sv: 'tjänsten har inte rätt att begära dessa uppgifter',
      en: 'the service has no right to ask for these data',
    },
    limit: {
      fi: 'tietoja pyydettiin useammin kuin lupa sallii',
      sv: 'uppgifterna begärdes oftare än tillståndet medger',
      en: 'the data were asked for more often than the consent allows',
    },
    'chain-window': {
      fi: 'luvan aika oli ohi',
      sv: 'tillståndets tid hade gått ut',
      en: 'the time of the consent was over',
    },
    suspended: {
      fi: 'organisaation oikeus pyytää tietoja on keskeytetty',
      sv: 'organisationens rätt att begära uppgifter har avbrutits',
      en: "the organisation's right to ask has been suspended",
    },
    'chain-issuer': {
      fi: 'luvan antaja ei enää saa päättää näistä tiedoista',
      sv: 'den som gav tillståndet får inte längre bestämma om uppgifterna',
      en: 'whoever gave the consent may no longer decide about these data',
    },
    'unknown-grant': { fi: 'siihen ei ole lupaa', sv: 'det finns inget tillstånd', en: 'there is no consent for it' },
  } as Readonly<Record<string, Words>>,
  otherReason: (code: string): Words => {
    const shown = visible(code);
    return {
      fi: `pyyntö ei täyttänyt ehtoja (${shown})`,
      sv: `begäran uppfyllde inte villkoren (${shown})`,
      en: `the request did not meet the conditions (${shown})`,
    };
  },
  notice: {
    told: {
      fi: 'Palvelua pyydettiin lopettamaan tietojen käyttö, koska lupa on peruttu.',
      sv: 'Tjänsten ombads sluta använda uppgifterna, eftersom tillståndet har tagits tillbaka.',
      en: 'The service was asked to stop using the data, since the consent was ended.',
    },
    deleted: {
      fi: 'Palvelu vastasi: tiedot on poistettu.',
      sv: 'Tjänsten svarade: uppgifterna är raderade.',
      en: 'The service answered: the data were deleted.',
    },
    kept: {
      fi: 'Palvelu vastasi: laki vaatii säilyttämään tiedot.',
      sv: 'Tjänsten svarade: lagen kräver att uppgifterna sparas.',
      en: 'The service answered: the law requires it to keep the data.',
    },
    gone: {
      fi: 'Palvelu vastasi: tietoja ei enää ollut.',
      sv: 'Tjänsten svarade: uppgifterna fanns inte kvar.',
      en: 'The service answered: the data were already gone.',
    },
    other: {
      fi: 'Palvelu vastasi toisin kuin aiemmin. Vastausta ei hyväksytty.',
      sv: 'Tjänsten svarade annorlunda än tidigare. Svaret godkändes inte.',
      en: 'The service answered otherwise than before. That was not accepted.',
    },
  },
  proof: {
    title: { fi: 'Tarkistettu', sv: 'Kontrollerat', en: 'Checked' },
    what: {
      fi: 'Laitteesi tarkisti itse:',
      sv: 'Din enhet kontrollerade själv:',
      en: 'Your own device checked:',
    },
    points: [
      {
        fi: 'Organisaatio on allekirjoittanut luettelon, jossa tämä rivi on.',
        sv: 'Organisationen har skrivit under listan där den här raden står.',
        en: 'The organisation has signed the list in which this line stands.',
      },
      {
        fi: 'Riviä ei ole muutettu jälkikäteen.',
        sv: 'Raden har inte ändrats i efterhand.',
        en: 'The line was not changed afterwards.',
      },
      {
        fi: 'Luettelosta ei ole poistettu mitään, minkä olet nähnyt ennen.',
        sv: 'Inget som du har sett förut har tagits bort från listan.',
        en: 'Nothing that you have seen before was taken out of the list.',
      },
    ],
    number: { fi: 'Rivin numero', sv: 'Radens nummer', en: 'Number of the line' },
    size: { fi: 'Luettelossa rivejä', sv: 'Rader i listan', en: 'Lines in the list' },
  },
  ask: {
    title: { fi: 'Kysy miksi', sv: 'Fråga varför', en: 'Ask why' },
    what: {
      fi: 'Sinulla on oikeus kysyä, miksi tietoja käytettiin, ja vastustaa käyttöä. Organisaatio, joka antoi tiedot, vastaa sinulle.',
      sv: 'Du har rätt att fråga varför uppgifterna användes, och att invända. Organisationen som gav uppgifterna svarar dig.',
      en: 'You have the right to ask why the data were used, and to object. The organisation that gave them must answer you.',
    },
    when: { fi: 'Milloin', sv: 'När', en: 'When' },
    who: { fi: 'Kuka', sv: 'Vem', en: 'Who' },
  },
  picture: {
    title: { fi: 'Viimeiset 12 kuukautta', sv: 'De senaste 12 månaderna', en: 'The last 12 months' },
    label: (used: number, refused: number): Words => ({
      fi: `Pylväskuva: tietoja käytettiin ${used} kertaa, ja ${refused} kertaa niitä ei annettu. Luvut ovat taulukossa kuvan alla.`,
      sv: `Stapeldiagram: uppgifter användes ${used} gånger, och ${refused} gånger gavs de inte. Siffrorna finns i tabellen nedanför.`,
      en: `Bar chart: data were used ${used} times, and ${refused} times not given. The numbers are in the table below.`,
    }),
    used: { fi: 'Käytettiin', sv: 'Användes', en: 'Used' },
    refused: { fi: 'Ei annettu', sv: 'Gavs inte', en: 'Not given' },
    table: { fi: 'Luvut taulukkona', sv: 'Siffrorna som tabell', en: 'The numbers as a table' },
    month: { fi: 'Kuukausi', sv: 'Månad', en: 'Month' },
  },
  alarm: {
    title: (whom: Words): Words => ({
      fi: `Varoitus: luettelo ei pidä paikkaansa – ${whom.fi}`,
      sv: `Varning: listan stämmer inte – ${whom.sv}`,
      en: `Warning: the list does not hold – ${whom.en}`,
    }),
    missing: {
      fi: 'Luettelosta puuttuu jotakin, minkä organisaatio on aiemmin vahvistanut sinulle.',
      sv: 'I listan saknas något som organisationen tidigare har bekräftat för dig.',
      en: 'Something is missing that the organisation had confirmed to you before.',
    },
    fork: {
      fi: 'Organisaatio on näyttänyt sinulle kaksi luetteloa, jotka eivät voi molemmat pitää paikkaansa. Jotakin on poistettu tai muutettu.',
      sv: 'Organisationen har visat dig två listor som inte båda kan stämma. Något har tagits bort eller ändrats.',
      en: 'The organisation has shown you two lists that cannot both be true. Something was taken out or changed.',
    },
    other: {
      fi: 'Organisaation antama luettelo ei läpäissyt tarkistusta. Siksi sitä ei näytetä.',
      sv: 'Listan från organisationen klarade inte kontrollen. Därför visas den inte.',
      en: 'The list from the organisation did not pass the check. So it is not shown.',
    },
    todo: {
      fi: 'Ota yhteyttä organisaatioon. Jos et saa selvää vastausta, kerro tietosuojavaltuutetulle (tietosuoja.fi).',
      sv: 'Kontakta organisationen. Om du inte får ett klart svar, berätta för dataombudsmannen (tietosuoja.fi).',
      en: 'Contact the organisation. If you get no clear answer, tell the Data Protection Ombudsman (tietosuoja.fi).',
    },
    again: {
      fi: 'Luettelo muuttui juuri, kun sitä tarkistettiin. Kysy uudelleen.',
      sv: 'Listan ändrades just när den kontrollerades. Fråga igen.',
      en: 'The list changed just while it was checked. Ask again.',
    },
  },
} as const;
