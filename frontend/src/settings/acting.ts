import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useProblemText } from "../design/ProblemNote";
import { toasts } from "../design/Toasts";

interface Acting<Input, Output> {
  act: (input: Input) => Promise<Output>;
  /** What has to be fetched anew then. */
  changes: QueryKey;
  onDone?: (output: Output) => void;
  /** A form shows what went wrong itself; others leave it to a note. */
  isForm?: boolean;
}

/** Something that people do to what is on the page. */
export function useActing<Input, Output>({ act, changes, onDone, isForm }: Acting<Input, Output>) {
  const queryClient = useQueryClient();
  const problemText = useProblemText();
  return useMutation({
    mutationFn: act,
    onSuccess: async (output) => {
      onDone?.(output);
      await queryClient.invalidateQueries({ queryKey: changes });
    },
    onError: (error) => {
      if (isForm) return;
      const { title, hint } = problemText(error);
      toasts.add({ title, description: hint, type: "bad" });
    },
  });
}
