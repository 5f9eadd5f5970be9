/** What proves that somebody showed two things that cannot both be true, in three languages. */

export const proofWords = {
  innocent: {
    fi: 'Syynä voi olla tekninen vika, mutta näin ei saa käydä.',
    sv: 'Orsaken kan vara ett tekniskt fel, men det här får inte hända.',
    en: 'The cause may be a technical fault, but this must not happen.',
  },
  kept: {
    fi: 'Todiste on tallessa tällä laitteella. Se osoittaa kenelle tahansa, mitä organisaatio on allekirjoittanut.',
    sv: 'Beviset finns sparat på den här enheten. Det visar för vem som helst vad organisationen har skrivit under.',
    en: 'The proof is kept on this device. It shows anybody what the organisation has signed.',
  },
  save: { fi: 'Tallenna todiste tiedostona', sv: 'Spara beviset som en fil', en: 'Save the proof as a file' },
} as const;
