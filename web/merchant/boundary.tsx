import { Component, type ReactNode } from "react"
import { Failed } from "./failed.tsx"

/** Shows what went wrong in place of a page that broke, where React would leave an empty one. */
export class Boundary extends Component<{ children: ReactNode }, { readonly failure: string | undefined }> {
  override state = { failure: undefined }

  static getDerivedStateFromError(error: unknown): { failure: string } {
    return { failure: error instanceof Error ? error.message : String(error) }
  }

  override render(): ReactNode {
    const { failure } = this.state
    if (failure === undefined) return this.props.children
    return <Failed reason={`This page failed: ${failure}`} onAgain={() => location.reload()} />
  }
}
