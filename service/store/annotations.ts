import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream"
import type { NatsConnection } from "nats"
import { type Logger, ResError } from "res-service"
import {
  ANNOTATION_STREAM,
  ANNOTATION_SUBJECTS,
  type Annotated,
  AnnotationBucket,
  annotatedOf,
  annotationsIn,
} from "../archive/annotation-bucket.ts"
import type { Annotations } from "../archive/event-document.ts"
import { StreamTail } from "../log/tail.ts"

export interface AnnotationHandlers {
  /** Others have annotated something, or have taken that back (undefined). */
  onChange(annotated: Annotated, annotations: Annotations | undefined): void
  /** All may be other ones than before. */
  onLost(): void
}

/** What others have annotated in the archive, as the bucket of annotations has it: to be asked for, and followed. */
export class ShownAnnotations {
  readonly #bucket: AnnotationBucket
  readonly #tail: StreamTail

  private constructor(bucket: AnnotationBucket, tail: StreamTail) {
    this.#bucket = bucket
    this.#tail = tail
  }

  /** Makes the bucket when it is missing, and follows it. */
  static async start(
    nc: NatsConnection,
    js: JetStreamClient,
    jsm: JetStreamManager,
    handlers: AnnotationHandlers,
    logger: Logger,
  ): Promise<ShownAnnotations> {
    const source = {
      stream: ANNOTATION_STREAM,
      filters: [ANNOTATION_SUBJECTS],
      open: async () => {
        await AnnotationBucket.open(nc)
        return await jsm.streams.info(ANNOTATION_STREAM)
      },
    }
    const onMessage = ({ subject, data }: { subject: string; data: Uint8Array }): void => {
      const annotated = annotatedOf(subject)
      if (annotated !== undefined) handlers.onChange(annotated, annotationsIn(data))
    }
    const tail = new StreamTail(nc, js, source, { onMessage, onLost: handlers.onLost }, logger)
    const bucket = await AnnotationBucket.open(nc)
    await tail.start()
    return new ShownAnnotations(bucket, tail)
  }

  /** @throws {ResError} `system.serviceUnavailable`: the bucket does not answer */
  async of(annotated: Annotated): Promise<Annotations | undefined> {
    try {
      return (await this.#bucket.get(annotated)).annotations
    } catch (cause) {
      throw new ResError("system.serviceUnavailable", "The annotations cannot be read", undefined, { cause })
    }
  }

  async stop(): Promise<void> {
    await this.#tail.stop()
  }
}
