/** Acting for others, in three languages. */

import type { Words } from '../../../protocol/words.ts';

export const actingWords = {
  lead: {
    fi: 'Näiden ihmisten asioita hoidat. Oikeus tulee organisaatioiden rekistereistä.',
    sv: 'De här människornas ärenden sköter du. Rätten kommer från organisationernas register.',
    en: 'You look after the matters of these people. The right comes from the registers of the organisations.',
  },
  nobody: {
    fi: 'Et toimi kenenkään muun puolesta. Jos sinulla on lapsi, hänen tietonsa tulevat tähän, kun kirjaudut organisaatioon, jossa hänestä on tietoja.',
    sv: 'Du företräder ingen annan. Om du har ett barn visas barnets uppgifter här när du har loggat in hos en organisation som har uppgifter om barnet.',
    en: 'You act for nobody else. If you have a child, it appears here once you have logged in at an organisation that holds data about it.',
  },
  look: { fi: 'Etsi muita organisaatioita', sv: 'Sök fler organisationer', en: 'Look for more organisations' },
  where: { fi: 'Missä ja mihin asti', sv: 'Var och hur länge', en: 'Where, and until when' },
  until: (day: Words): Words => ({
    fi: `${day.fi} asti`,
    sv: `till och med ${day.sv}`,
    en: `until ${day.en}`,
  }),
  ended: (day: Words): Words => ({
    fi: `päättyi ${day.fi}`,
    sv: `upphörde ${day.sv}`,
    en: `ended on ${day.en}`,
  }),
  noEnd: { fi: 'päättymispäivää ei ole', sv: 'utan slutdatum', en: 'without an end' },
  soon: { fi: 'Päättyy pian.', sv: 'Upphör snart.', en: 'This ends soon.' },
  then: { fi: 'Mitä sitten tapahtuu?', sv: 'Vad händer sedan?', en: 'What happens then?' },
  thenWhat: [
    {
      fi: 'Lapsi täyttää 18 vuotta ja päättää itse tiedoistaan.',
      sv: 'Barnet fyller 18 år och bestämmer själv om sina uppgifter.',
      en: 'The child turns 18, and decides about the data itself.',
    },
    {
      fi: 'Et enää näe lapsen tietoja täällä.',
      sv: 'Du ser inte längre barnets uppgifter här.',
      en: 'You no longer see the data of the child here.',
    },
    {
      fi: 'Luvat, jotka olet antanut lapsen puolesta, lakkaavat. Palvelut eivät saa niillä enää mitään.',
      sv: 'De tillstånd som du har gett för barnet upphör. Tjänsterna får inget mer med dem.',
      en: 'The consents that you gave for the child end. Services get nothing more by them.',
    },
    {
      fi: 'Sinun ei tarvitse tehdä mitään. Lapsi voi ottaa oman Aitan käyttöön.',
      sv: 'Du behöver inte göra något. Barnet kan ta en egen Aitta i bruk.',
      en: 'You need not do anything. The child can begin to use an Aitta of its own.',
    },
  ],
  data: { fi: 'Katso tietoja', sv: 'Se uppgifterna', en: 'See the data' },
  looked: { fi: 'Kuka on katsonut', sv: 'Vem har tittat', en: 'Who looked' },
  wrong: {
    fi: 'Puuttuuko joku, tai onko tässä joku väärä? Kerro organisaatiolle: se korjaa rekisterinsä.',
    sv: 'Saknas någon, eller är någon fel här? Berätta för organisationen: den rättar sitt register.',
    en: 'Is somebody missing, or here by mistake? Tell the organisation: it corrects its register.',
  },
} as const;
