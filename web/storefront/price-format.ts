/**
 * How amounts are written where the cart's source does not say: with the currency, else as plain numbers with two digits.
 *
 * @param language of the page; one that is none, as `en_US`, counts as unknown
 */
export function priceFormat(language: string, currency: string | undefined): (amount: number) => string {
  const options: Intl.NumberFormatOptions =
    currency === undefined ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { style: "currency", currency }
  const format = new Intl.NumberFormat(isLanguage(language) ? language : undefined, options)
  return (amount) => format.format(amount)
}

function isLanguage(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}
