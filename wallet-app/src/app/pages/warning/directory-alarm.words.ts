/** A directory that contradicted itself, in three languages. */

import { about } from '../../text/about.ts';

export const directoryAlarmWords = {
  fork: {
    title: {
      fi: 'Varoitus: hakemisto on näyttänyt kaksi eri luetteloa',
      sv: 'Varning: katalogen har visat två olika listor',
      en: 'Warning: the directory has shown two different lists',
    },
    what: {
      fi: 'Hakemisto kertoo laitteellesi, mitkä organisaatiot ovat mukana Aitassa ja missä tietojasi on. Se on näyttänyt laitteellesi kaksi luetteloa, jotka eivät voi molemmat pitää paikkaansa.',
      sv: 'Katalogen berättar för din enhet vilka organisationer som är med i Aitta och var dina uppgifter finns. Den har visat din enhet två listor som inte båda kan stämma.',
      en: 'The directory tells your device which organisations are part of Aitta, and where your data are. It has shown your device two lists that cannot both be true.',
    },
  },
  older: {
    title: {
      fi: 'Hakemisto on näyttänyt lyhyemmän luettelon kuin ennen',
      sv: 'Katalogen har visat en kortare lista än förut',
      en: 'The directory has shown a shorter list than before',
    },
    what: {
      fi: 'Hakemisto kertoo laitteellesi, mitkä organisaatiot ovat mukana Aitassa ja missä tietojasi on. Se on näyttänyt laitteellesi luettelon, josta puuttuu jotakin, mitä siinä oli ennen. Luettelo voi olla vain vanha.',
      sv: 'Katalogen berättar för din enhet vilka organisationer som är med i Aitta och var dina uppgifter finns. Den har visat din enhet en lista där något saknas som fanns där förut. Listan kan helt enkelt vara gammal.',
      en: 'The directory tells your device which organisations are part of Aitta, and where your data are. It has shown your device a list from which something is missing that was there before. The list may simply be old.',
    },
  },
  safe: {
    fi: 'Tietojasi ei ole annettu tämän vuoksi kenellekään: niitä ei ole hakemistossa.',
    sv: 'Dina uppgifter har inte getts till någon på grund av detta: de finns inte i katalogen.',
    en: 'Your data were given to nobody because of this: they are not in the directory.',
  },
  lasting: {
    fi: 'Laitteesi ei käytä uutta luetteloa. Se käyttää aiemmin tarkistamaansa enintään vuorokauden, ja sen jälkeen Aitta aukeaa vasta, kun asia on selvinnyt.',
    sv: 'Din enhet använder inte den nya listan. Den använder den som den kontrollerade förut i högst ett dygn, och därefter öppnas Aitta först när saken är utredd.',
    en: 'Your device does not use the new list. It uses the one that it checked before for a day at most; after that Aitta opens only once this is settled.',
  },
  todo: {
    fi: 'Anna todiste kaupungillesi, jotta asia selvitetään. Siinä ei ole sinun tietojasi, joten voit lähettää sen myös sähköpostilla. Jos et saa selvää vastausta, kerro tietosuojavaltuutetulle (tietosuoja.fi).',
    sv: 'Ge beviset till din stad, så att saken utreds. Det innehåller inga uppgifter om dig, så du kan också skicka det med e-post. Om du inte får ett klart svar, berätta för dataombudsmannen (tietosuoja.fi).',
    en: 'Give the proof to your city, so that this is settled. It has no data about you in it, so you may also send it by e-mail. If you get no clear answer, tell the Data Protection Ombudsman (tietosuoja.fi).',
  },
  noticed: about('Huomattu #', 'Märktes #', 'Noticed on #'),
} as const;
