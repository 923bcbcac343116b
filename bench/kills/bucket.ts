/** @file The S3 server of the benchmark `kills`. */
import S3rver from "@20minutes/s3rver";

export interface RunningBucket {
  /** The address of the bucket, as PICKAPIC_FILES_URL takes it. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts an S3 server with one bucket in this process, and sets the keys for it in the environment, which the apps inherit. */
export async function startBucket(directory: string): Promise<RunningBucket> {
  const server = new S3rver({ address: "127.0.0.1", port: 0, silent: true, directory, configureBuckets: [{ name: "pictures" }] });
  const { port } = await server.run();
  // The only account that this server knows.
  process.env.AWS_ACCESS_KEY_ID = "S3RVER";
  process.env.AWS_SECRET_ACCESS_KEY = "S3RVER";
  return { url: `s3://pictures/site?endpoint=http://127.0.0.1:${port}`, stop: () => server.close() };
}
