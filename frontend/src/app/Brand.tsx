export function Brand() {
  return (
    <>
      <img src="/favicon.svg" alt="" width={28} height={28} />
      Polydub
    </>
  );
}
