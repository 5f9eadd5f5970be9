/** What data are used for: terms of the W3C Data Privacy Vocabulary in words for people, in three languages. */

import type { Words } from '../../protocol/words.ts';
import { visible } from '../../wallet/show.ts';

function three(fi: string, sv: string, en: string): Words {
  return { fi, sv, en };
}

/** By the term without its `dpv:`. Each can stand after "for what:", and by itself. */
const PURPOSES: Readonly<Record<string, Words>> = {
  ServiceProvision: three('Palvelun antaminen', 'Att ge en tjänst', 'Giving a service'),
  RequestedServiceProvision: three(
    'Pyytämäsi palvelun antaminen',
    'Att ge en tjänst som du har bett om',
    'Giving a service that you asked for',
  ),
  ServiceRegistration: three('Palveluun ilmoittautuminen', 'Anmälan till en tjänst', 'Signing up for a service'),
  ServicePersonalisation: three(
    'Palvelun sovittaminen sinulle',
    'Att anpassa tjänsten för dig',
    'Fitting the service to you',
  ),
  Personalisation: three('Palvelun sovittaminen sinulle', 'Att anpassa tjänsten för dig', 'Fitting the service to you'),
  PersonalisedBenefits: three('Sinulle kuuluvat etuudet', 'Förmåner som du har rätt till', 'Benefits that you are due'),
  ServiceOptimisation: three('Palvelun kehittäminen', 'Att utveckla tjänsten', 'Improving the service'),
  ServiceUsageAnalytics: three(
    'Sen selvittäminen, miten palvelua käytetään',
    'Att ta reda på hur tjänsten används',
    'Finding out how the service is used',
  ),
  ImprovePublicServices: three(
    'Julkisten palvelujen parantaminen',
    'Att förbättra offentliga tjänster',
    'Improving public services',
  ),
  ImproveHealthcare: three('Terveydenhuollon parantaminen', 'Att förbättra hälsovården', 'Improving health care'),
  PublicBenefit: three('Yhteinen hyvä', 'Allmän nytta', 'The common good'),
  PublicPolicyMaking: three('Päätösten valmistelu', 'Att bereda beslut', 'Preparing public decisions'),
  DataAltruism: three(
    'Tietojen lahjoittaminen yhteiseen hyvään',
    'Att ge data för allmän nytta',
    'Giving data for the common good',
  ),
  LegalCompliance: three('Lain noudattaminen', 'Att följa lagen', 'Following the law'),
  LegalObligation: three('Lain määräämä tehtävä', 'En uppgift enligt lag', 'A duty under the law'),
  FulfilmentOfObligation: three('Velvollisuuden hoitaminen', 'Att fullgöra en skyldighet', 'Meeting a duty'),
  FulfilmentOfContractualObligation: three('Sopimuksen täyttäminen', 'Att fullgöra ett avtal', 'Keeping a contract'),
  EstablishContractualAgreement: three('Sopimuksen tekeminen', 'Att ingå ett avtal', 'Making a contract'),
  RightsFulfilment: three('Oikeuksiesi toteuttaminen', 'Att uppfylla dina rättigheter', 'Meeting your rights'),
  RecordManagement: three('Tietojen ylläpito', 'Att hålla uppgifter i ordning', 'Keeping records in order'),
  OrganisationGovernance: three('Organisaation johtaminen', 'Att leda organisationen', 'Running the organisation'),
  HumanResourceManagement: three('Henkilöstöasiat', 'Personalärenden', 'Staff matters'),
  AccountManagement: three('Asiakastilin hoito', 'Att sköta kundkontot', 'Looking after your account'),
  CustomerManagement: three('Asiakkuuden hoito', 'Att sköta kundförhållandet', 'Looking after customers'),
  CustomerCare: three('Neuvonta ja asiakaspalvelu', 'Rådgivning och kundtjänst', 'Advice and customer service'),
  CommunicationManagement: three('Yhteydenpito', 'Kontakt', 'Keeping in touch'),
  CommunicationForCustomerCare: three(
    'Yhteydenpito asiakkaaseen',
    'Kontakt med kunden',
    'Keeping in touch with customers',
  ),
  DeliveryOfGoods: three('Tavaran toimittaminen', 'Leverans av varor', 'Delivering goods'),
  PaymentManagement: three('Maksujen hoitaminen', 'Att sköta betalningar', 'Handling payments'),
  CreditChecking: three('Luottotietojen tarkistus', 'Kreditkontroll', 'Checking credit'),
  IdentityVerification: three(
    'Henkilöllisyyden varmistaminen',
    'Att kontrollera identiteten',
    'Making sure who you are',
  ),
  IdentityAuthentication: three('Tunnistaminen', 'Identifiering', 'Identifying you at login'),
  AgeVerification: three('Iän tarkistaminen', 'Att kontrollera åldern', 'Checking age'),
  Verification: three('Tiedon tarkistaminen', 'Att kontrollera en uppgift', 'Checking a fact'),
  EnforceSecurity: three('Turvallisuus', 'Säkerhet', 'Safety'),
  EnforceAccessControl: three('Pääsyn valvonta', 'Kontroll av tillträde', 'Controlling who gets in'),
  FraudPreventionAndDetection: three('Petosten estäminen', 'Att förhindra bedrägerier', 'Preventing fraud'),
  ProvideOfficialStatistics: three('Viralliset tilastot', 'Officiell statistik', 'Official statistics'),
  ResearchAndDevelopment: three('Tutkimus ja kehitys', 'Forskning och utveckling', 'Research and development'),
  ScientificResearch: three('Tieteellinen tutkimus', 'Vetenskaplig forskning', 'Scientific research'),
  AcademicResearch: three('Tieteellinen tutkimus', 'Vetenskaplig forskning', 'Scientific research'),
  CommercialResearch: three('Yrityksen tutkimus', 'Kommersiell forskning', 'Commercial research'),
  NonCommercialResearch: three('Voittoa tavoittelematon tutkimus', 'Icke-kommersiell forskning', 'Non-profit research'),
  Marketing: three('Mainonta ja markkinointi', 'Reklam och marknadsföring', 'Marketing'),
  DirectMarketing: three('Sinulle kohdistettu mainonta', 'Direktreklam till dig', 'Advertising sent to you'),
  Advertising: three('Mainonta', 'Reklam', 'Advertising'),
  PersonalisedAdvertising: three('Sinulle kohdistettu mainonta', 'Reklam riktad till dig', 'Advertising aimed at you'),
  TargetedAdvertising: three('Sinulle kohdistettu mainonta', 'Reklam riktad till dig', 'Advertising aimed at you'),
  CommercialPurpose: three('Kaupallinen käyttö', 'Kommersiellt bruk', 'Commercial use'),
  NonCommercialPurpose: three('Muu kuin kaupallinen käyttö', 'Icke-kommersiellt bruk', 'Non-commercial use'),
};

/** A purpose in words; null for one that has none: nobody agrees to what cannot be shown. */
export function purposeWords(term: string): Words | null {
  const [vocabulary, name = ''] = term.split(':');
  return vocabulary === 'dpv' && Object.hasOwn(PURPOSES, name) ? (PURPOSES[name] ?? null) : null;
}

/** A purpose in words; one that has none here is shown as it was written, so that nothing is made of it. */
export function purposeName(term: string): Words {
  const shown = visible(term);
  return (
    purposeWords(term) ?? three(`Muu tarkoitus (${shown})`, `Annat ändamål (${shown})`, `Another purpose (${shown})`)
  );
}
