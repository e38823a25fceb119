import type { Logger } from "res-service"
import type { Annotations } from "../../contract/annotations.ts"
import {
  ANNOTATION_STREAM,
  ANNOTATION_SUBJECTS,
  type Annotated,
  AnnotationBucket,
  annotatedOf,
  annotationsIn,
} from "../archive/annotation-bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { StreamTail } from "../log/tail.ts"

export interface AnnotationHandlers {
  /** Somebody has annotated something, or removed the annotations (undefined). */
  onChange(annotated: Annotated, annotations: Annotations | undefined): void
  /** The bucket is another one, so all annotations may have changed. */
  onLost(): void
}

/** The annotations that others make in the archive, read from the bucket of annotations and followed. */
export class ShownAnnotations {
  readonly #bucket: AnnotationBucket
  readonly #tail: StreamTail

  constructor(js: JetStream, handlers: AnnotationHandlers, logger: Logger) {
    this.#bucket = new AnnotationBucket(js)
    const source = { stream: ANNOTATION_STREAM, open: () => this.#bucket.open() }
    const onMessage = ({ subject, data }: { subject: string; data: Uint8Array }): void => {
      const annotated = annotatedOf(subject)
      if (annotated !== undefined) handlers.onChange(annotated, annotationsIn(data))
    }
    this.#tail = new StreamTail(js, source, [ANNOTATION_SUBJECTS], { onMessage, onLost: handlers.onLost }, logger)
  }

  /** Makes the bucket when it is missing, and follows it. */
  async start(): Promise<void> {
    await this.#tail.start()
  }

  /** @throws {ResError} `system.serviceUnavailable`: the bucket does not answer */
  async of(annotated: Annotated): Promise<Annotations | undefined> {
    return (await this.#bucket.get(annotated)).annotations
  }

  stop(): void {
    this.#tail.stop()
  }
}
