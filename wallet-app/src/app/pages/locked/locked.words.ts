/** The door of a wallet whose keys lie locked, in three languages. */

export const lockedWords = {
  looking: { fi: 'Avataan…', sv: 'Öppnas…', en: 'Opening…' },
  back: { fi: 'Takaisin', sv: 'Tillbaka', en: 'Back' },
  first: {
    title: { fi: 'Tervetuloa Aittaan', sv: 'Välkommen till Aitta', en: 'Welcome to Aitta' },
    what: {
      fi: 'Aitassa näet, mitä kaupunki ja muut tietävät sinusta, ja päätät, kuka saa käyttää tietojasi.',
      sv: 'I Aitta ser du vad staden och andra vet om dig, och bestämmer vem som får använda dina uppgifter.',
      en: 'In Aitta you see what the city and others know about you, and you decide who may use your data.',
    },
    why: {
      fi: 'Avaimesi ovat vain tällä laitteella. Tämä selain ei osaa säilyttää niitä itse, joten Aitta pitää ne lukossa.',
      sv: 'Dina nycklar finns bara på den här enheten. Webbläsaren kan inte själv bevara dem, så Aitta håller dem inlåsta.',
      en: 'Your keys are on this device alone. This browser cannot keep them by itself, so Aitta keeps them locked away.',
    },
    how: {
      fi: 'Lukko aukeaa paperilla olevalla palautuskoodilla. Jos laitteesi osaa, se aukeaa myös sormenjäljellä, kasvoilla tai PIN-koodilla.',
      sv: 'Låset öppnas med återställningskoden på papper. Om enheten kan, öppnas det också med fingeravtryck, ansikte eller PIN-kod.',
      en: 'The lock opens with the recovery code on paper. Where the device can, it also opens with a fingerprint, your face or a PIN.',
    },
    makeCode: { fi: 'Tee palautuskoodi', sv: 'Gör en återställningskod', en: 'Make a recovery code' },
    haveCode: {
      fi: 'Minulla on jo koodi paperilla',
      sv: 'Jag har redan en kod på papper',
      en: 'I have a code on paper already',
    },
  },
  newCode: { fi: 'Palautuskoodisi', sv: 'Din återställningskod', en: 'Your recovery code' },
  opensToo: {
    fi: 'Sama koodi avaa myös lukon tällä laitteella. Älä siksi säilytä paperia laitteen vieressä.',
    sv: 'Samma kod öppnar också låset på den här enheten. Förvara därför inte papperet bredvid enheten.',
    en: 'The same code also opens the lock on this device. So do not keep the paper beside the device.',
  },
  oldCode: {
    title: { fi: 'Kirjoita palautuskoodisi', sv: 'Skriv din återställningskod', en: 'Type your recovery code' },
    why: {
      fi: 'Koodi, jonka sait, kun otit Aitan käyttöön ensimmäisen kerran. Se avaa myös lukon tällä laitteella.',
      sv: 'Koden som du fick när du tog Aitta i bruk första gången. Den öppnar också låset på den här enheten.',
      en: 'The code that you got when you first began with Aitta. It also opens the lock on this device.',
    },
    act: { fi: 'Jatka', sv: 'Fortsätt', en: 'Go on' },
  },
  passkey: {
    title: { fi: 'Avaa helpommin ensi kerralla', sv: 'Öppna lättare nästa gång', en: 'Open it more easily next time' },
    what: {
      fi: 'Tee laitteelle pääsyavain (englanniksi passkey). Sitten Aitta aukeaa sormenjäljellä, kasvoilla tai laitteen PIN-koodilla.',
      sv: 'Gör en lösennyckel (på engelska passkey) på enheten. Sedan öppnas Aitta med fingeravtryck, ansikte eller enhetens PIN-kod.',
      en: 'Make a passkey on this device. Then Aitta opens with your fingerprint, your face or the PIN of the device.',
    },
    else: {
      fi: 'Ilman sitä kirjoitat palautuskoodin aina, kun avaat Aitan.',
      sv: 'Utan den skriver du återställningskoden varje gång du öppnar Aitta.',
      en: 'Without it you type the recovery code each time that you open Aitta.',
    },
    replaces: {
      fi: 'Sinulla on jo pääsyavain. Tee uusi vain, jos vanha ei toimi: vanha lakkaa avaamasta Aittaa.',
      sv: 'Du har redan en lösennyckel. Gör en ny bara om den gamla inte fungerar: den gamla slutar öppna Aitta.',
      en: 'You have a passkey already. Make another one only if it does not work: the old one will no longer open Aitta.',
    },
    make: { fi: 'Tee pääsyavain', sv: 'Gör en lösennyckel', en: 'Make a passkey' },
    not: { fi: 'Ei nyt, avaa Aitta', sv: 'Inte nu, öppna Aitta', en: 'Not now, open Aitta' },
    waiting: {
      fi: 'Vahvista laitteellasi…',
      sv: 'Bekräfta på enheten…',
      en: 'Confirm it on your device…',
    },
  },
  closed: {
    passkey: {
      fi: 'Avaimesi ovat lukossa tällä laitteella. Avaa ne kuten avaat laitteen.',
      sv: 'Dina nycklar är inlåsta på den här enheten. Öppna dem så som du öppnar enheten.',
      en: 'Your keys are locked away on this device. Open them as you open the device.',
    },
    paper: {
      fi: 'Avaimesi ovat lukossa tällä laitteella. Avaa ne palautuskoodilla.',
      sv: 'Dina nycklar är inlåsta på den här enheten. Öppna dem med återställningskoden.',
      en: 'Your keys are locked away on this device. Open them with the recovery code.',
    },
    open: { fi: 'Avaa', sv: 'Öppna', en: 'Open' },
    orPaper: { fi: 'Tai avaa koodilla', sv: 'Eller öppna med koden', en: 'Or open it with the code' },
    openWithPaper: { fi: 'Avaa koodilla', sv: 'Öppna med koden', en: 'Open with the code' },
    neither: {
      fi: 'Kumpikaan ei toimi, tai koodi on hukassa',
      sv: 'Ingendera fungerar, eller så är koden borta',
      en: 'Neither works, or the code is lost',
    },
    neitherWhat: {
      fi: 'Silloin tämän laitteen avaimia ei voi avata. Tietosi organisaatioissa ovat tallessa. Poista Aitta tältä laitteelta ja aloita alusta: pääset takaisin toisella laitteella, jossa Aitta on. Jos sellaista ei ole, ota yhteyttä kaupunkiin.',
      sv: 'Då kan nycklarna på enheten inte öppnas. Dina uppgifter hos organisationerna är i säkerhet. Ta bort Aitta från enheten och börja om: du kommer tillbaka med en annan enhet som har Aitta. Om du inte har någon, kontakta staden.',
      en: 'Then the keys on this device cannot be opened. Your data at the organisations are safe. Forget Aitta on this device and begin again: you get back in with another device that has Aitta. If you have none, contact the city.',
    },
    forget: {
      fi: 'Poista Aitta tältä laitteelta',
      sv: 'Ta bort Aitta från enheten',
      en: 'Forget Aitta on this device',
    },
  },
  problems: {
    code: {
      fi: 'Koodi on kirjoitettu oikein, mutta se ei ole tämän laitteen Aitan koodi. Ota paperi, jonka tulostit viimeksi.',
      sv: 'Koden är rätt skriven men hör inte till Aitta på den här enheten. Ta det papper som du skrev ut senast.',
      en: 'The code is typed correctly, but it is not the code of Aitta on this device. Take the paper that you printed last.',
    },
    'passkey-stopped': {
      fi: 'Laite ei vahvistanut. Yritä uudelleen, tai käytä palautuskoodia.',
      sv: 'Enheten bekräftade inte. Försök igen, eller använd återställningskoden.',
      en: 'The device did not confirm it. Try again, or use the recovery code.',
    },
    'passkey-unable': {
      fi: 'Tämän laitteen pääsyavain ei pysty avaamaan Aittaa. Käytä palautuskoodia.',
      sv: 'Lösennycklar på den här enheten kan inte öppna Aitta. Använd återställningskoden.',
      en: 'Passkeys of this device cannot open Aitta. Use the recovery code.',
    },
    'wrap-closed': {
      fi: 'Pääsyavain ei avaa tätä Aittaa. Käytä palautuskoodia ja tee sitten uusi pääsyavain.',
      sv: 'Lösennyckeln öppnar inte denna Aitta. Använd återställningskoden och gör sedan en ny lösennyckel.',
      en: 'The passkey does not open this Aitta. Use the recovery code, then make a new passkey.',
    },
    'wrap-none': {
      fi: 'Lukitut avaimet ovat vioittuneet. Käytä palautuskoodia.',
      sv: 'De inlåsta nycklarna är skadade. Använd återställningskoden.',
      en: 'The locked keys are damaged. Use the recovery code.',
    },
    'wrap-other': {
      fi: 'Lukitut avaimet ovat vioittuneet. Käytä palautuskoodia.',
      sv: 'De inlåsta nycklarna är skadade. Använd återställningskoden.',
      en: 'The locked keys are damaged. Use the recovery code.',
    },
    'wrap-version': {
      fi: 'Tämä ikkuna on vanha. Lataa sivu uudelleen.',
      sv: 'Det här fönstret är gammalt. Ladda om sidan.',
      en: 'This window is old. Load the page again.',
    },
    other: {
      fi: 'Jokin meni vikaan. Yritä uudelleen, tai käytä palautuskoodia.',
      sv: 'Något gick fel. Försök igen, eller använd återställningskoden.',
      en: 'Something went wrong. Try again, or use the recovery code.',
    },
  },
} as const;
