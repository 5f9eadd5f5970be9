/** Acting for others, in three languages. */

import type { Words } from '../../../protocol/words.ts';
import { about } from '../../text/about.ts';

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
  who: {
    title: { fi: 'Kuka tämä lapsi on?', sv: 'Vem är det här barnet?', en: 'Who is this child?' },
    what: about(
      '# ei kerro lapsen nimeä. Jos tunnistat lapsen, voit kertoa sen tässä. Katso ensin tietoja, jotta kaksi lasta ei mene sekaisin.',
      '# berättar inte vad barnet heter. Om du känner igen barnet kan du ange det här. Se först på uppgifterna, så att två barn inte blandas ihop.',
      '# does not tell the name of the child. If you know which child it is, you can say so here. Look at the data first, so that two children are not mixed up.',
    ),
    maybe: {
      fi: 'Onko tämä sama lapsi kuin toinen täällä?',
      sv: 'Är det här samma barn som ett annat här?',
      en: 'Is this the same child as another one here?',
    },
    maybeWhat: {
      fi: 'Organisaatiot eivät tunne toistensa asiakkaita. Yhdistä lapset vain, jos he ovat varmasti sama lapsi.',
      sv: 'Organisationerna känner inte till varandras kunder. Slå ihop barnen bara om de säkert är samma barn.',
      en: 'Organisations do not know each other’s people. Put the two together only if they certainly are the same child.',
    },
    same: about('Sama lapsi kuin #', 'Samma barn som #', 'The same child as #'),
    name: { fi: 'Lapsen nimi', sv: 'Barnets namn', en: 'Name of the child' },
    nameHint: {
      fi: 'Nimi näkyy vain sinulle ja vain tällä laitteella.',
      sv: 'Namnet syns bara för dig och bara på den här enheten.',
      en: 'Only you see the name, and only on this device.',
    },
    nameMissing: { fi: 'Kirjoita nimi.', sv: 'Skriv namnet.', en: 'Type the name.' },
    save: { fi: 'Tallenna nimi', sv: 'Spara namnet', en: 'Save the name' },
    saved: about('Tallennettu: #', 'Sparat: #', 'Saved: #'),
    said: {
      fi: 'Kerroit itse, kuka tämä lapsi on. Tieto on vain tällä laitteella.',
      sv: 'Du har själv angett vem barnet är. Det finns bara på den här enheten.',
      en: 'You said yourself who this child is. It is kept on this device only.',
    },
    undo: { fi: 'Peru se, mitä kerroin', sv: 'Ångra det som jag angav', en: 'Undo what I said' },
    undone: { fi: 'Peruttu.', sv: 'Ångrat.', en: 'Undone.' },
  },
  data: { fi: 'Katso tietoja', sv: 'Se uppgifterna', en: 'See the data' },
  looked: { fi: 'Kuka on katsonut', sv: 'Vem har tittat', en: 'Who looked' },
  wrong: {
    fi: 'Puuttuuko joku, tai onko tässä joku väärä? Kerro organisaatiolle: se korjaa rekisterinsä.',
    sv: 'Saknas någon, eller är någon fel här? Berätta för organisationen: den rättar sitt register.',
    en: 'Is somebody missing, or here by mistake? Tell the organisation: it corrects its register.',
  },
} as const;
