/** Warnings about the directory, in three languages. */

export const warningWords = {
  lead: {
    fi: 'Laitteesi vertaa sitä, mitä hakemisto näyttää, siihen, mitä se näytti ennen.',
    sv: 'Din enhet jämför det som katalogen visar med det som den visade förut.',
    en: 'Your device compares what the directory shows with what it showed before.',
  },
  none: {
    fi: 'Hakemisto on näyttänyt vain sellaista, mikä pitää yhtä.',
    sv: 'Allt som katalogen har visat stämmer överens.',
    en: 'All that the directory has shown agrees.',
  },
} as const;
