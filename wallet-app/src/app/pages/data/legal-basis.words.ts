/** Why the law lets somebody hold data: the legal bases of the GDPR in words for people, in three languages. */

import type { Words } from '../../../protocol/words.ts';
import { visible } from '../../../wallet/show.ts';

const BASES: Readonly<Record<string, Words>> = {
  'A6-1-a': {
    fi: 'Olet antanut tähän luvan. Voit perua luvan.',
    sv: 'Du har gett ditt tillstånd. Du kan ta tillbaka det.',
    en: 'You have agreed to it. You can take that back.',
  },
  'A6-1-b': {
    fi: 'Tietoja tarvitaan sopimukseen, jonka olet tehnyt.',
    sv: 'Uppgifterna behövs för ett avtal som du har ingått.',
    en: 'The data are needed for a contract that you have made.',
  },
  'A6-1-c': {
    fi: 'Laki määrää pitämään nämä tiedot.',
    sv: 'Lagen kräver att uppgifterna finns.',
    en: 'The law requires that these data are kept.',
  },
  'A6-1-d': {
    fi: 'Jonkun henki tai terveys voi riippua näistä tiedoista.',
    sv: 'Någons liv eller hälsa kan hänga på uppgifterna.',
    en: "Somebody's life or health may depend on these data.",
  },
  'A6-1-e': {
    fi: 'Tietoja tarvitaan viranomaisen tehtävään, joka hoidetaan kaikkien hyväksi.',
    sv: 'Uppgifterna behövs för en myndighetsuppgift som sköts för allas bästa.',
    en: 'The data are needed for a public task that is done for everybody.',
  },
  'A6-1-f': {
    fi: 'Organisaatiolla on tähän oikeutettu syy. Voit vastustaa sitä.',
    sv: 'Organisationen har ett berättigat skäl. Du kan invända mot det.',
    en: 'The organisation has a legitimate reason. You may object to it.',
  },
  'A9-2-a': {
    fi: 'Olet antanut nimenomaisen luvan näihin arkoihin tietoihin.',
    sv: 'Du har uttryckligen gett tillstånd till dessa känsliga uppgifter.',
    en: 'You have expressly agreed to the use of these sensitive data.',
  },
  'A9-2-b': {
    fi: 'Tietoja tarvitaan työhön tai sosiaaliturvaan kuuluvaan tehtävään.',
    sv: 'Uppgifterna behövs för en uppgift inom arbete eller social trygghet.',
    en: 'The data are needed for a duty in work or social security.',
  },
  'A9-2-c': {
    fi: 'Tiedot voivat pelastaa hengen, kun ihminen ei itse pysty vastaamaan.',
    sv: 'Uppgifterna kan rädda liv när en människa inte själv kan svara.',
    en: 'The data may save a life when somebody cannot answer for themselves.',
  },
  'A9-2-d': {
    fi: 'Yhdistys tai säätiö pitää tietoja omista jäsenistään.',
    sv: 'En förening eller stiftelse har uppgifter om sina egna medlemmar.',
    en: 'An association or foundation keeps data of its own members.',
  },
  'A9-2-e': {
    fi: 'Olet itse kertonut nämä tiedot julkisesti.',
    sv: 'Du har själv gjort uppgifterna offentliga.',
    en: 'You have made these data public yourself.',
  },
  'A9-2-f': {
    fi: 'Tietoja tarvitaan oikeusasiassa.',
    sv: 'Uppgifterna behövs i ett rättsligt ärende.',
    en: 'The data are needed in a legal matter.',
  },
  'A9-2-g': {
    fi: 'Tärkeä yleinen etu vaatii näitä tietoja, ja laki sallii ne.',
    sv: 'Ett viktigt allmänt intresse kräver uppgifterna, och lagen tillåter dem.',
    en: 'An important public interest needs these data, and the law allows them.',
  },
  'A9-2-h': {
    fi: 'Tietoja tarvitaan terveyden- tai sosiaalihuoltoon, jossa työntekijöitä sitoo vaitiolo.',
    sv: 'Uppgifterna behövs i vård eller socialt arbete, där personalen har tystnadsplikt.',
    en: 'The data are needed in health or social care, where the staff are bound to silence.',
  },
  'A9-2-i': {
    fi: 'Tietoja tarvitaan kansanterveyden suojelemiseen.',
    sv: 'Uppgifterna behövs för att skydda folkhälsan.',
    en: 'The data are needed to protect public health.',
  },
  'A9-2-j': {
    fi: 'Tietoja tarvitaan arkistoon, tutkimukseen tai tilastoihin.',
    sv: 'Uppgifterna behövs för arkiv, forskning eller statistik.',
    en: 'The data are needed for archives, research or statistics.',
  },
};

const TERM = /^eu-gdpr:A(\d+)-(\d+)-([a-z])$/;

/** A legal basis in words, with its place in the GDPR; one that has no words here is shown as it was written. */
export function legalBasis(term: string): Words {
  const [vocabulary, name = ''] = term.split(':');
  const known = vocabulary === 'eu-gdpr' && Object.hasOwn(BASES, name) ? BASES[name] : undefined;
  const place = TERM.exec(term);
  if (known === undefined || place === null) {
    const shown = visible(term);
    return { fi: `Muu peruste: ${shown}`, sv: `Annan grund: ${shown}`, en: `Another basis: ${shown}` };
  }
  const at = `${place[1]}.${place[2]} ${place[3]}`;
  return {
    fi: `${known.fi} (Tietosuoja-asetus, artikla ${at})`,
    sv: `${known.sv} (Dataskyddsförordningen, artikel ${at})`,
    en: `${known.en} (GDPR, article ${at})`,
  };
}
