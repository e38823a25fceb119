/**
 * Formats amounts if the cart's source does not: with the currency, or as plain numbers with two decimals.
 *
 * @param language the page's language. An invalid one, such as `en_US`, counts as unknown
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
