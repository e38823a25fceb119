import { Component, type ReactNode } from "react"
import { Failed } from "./failed.tsx"

/** Shows the error when a page breaks; React alone would leave an empty page. */
export class Boundary extends Component<{ children: ReactNode }, { readonly failure: string | undefined }> {
  override state = { failure: undefined }

  static getDerivedStateFromError(error: unknown): { failure: string } {
    return { failure: error instanceof Error ? error.message : String(error) }
  }

  override render(): ReactNode {
    const { failure } = this.state
    if (failure === undefined) return this.props.children
    return <Failed broken reason={failure} onAgain={() => location.reload()} />
  }
}
